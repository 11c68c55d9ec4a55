import type { RoomView } from "../../core/generated/RoomView";
import { useText } from "../app/context";

/** Gives a room's title, or what stands in for it while no member has sent it yet. */
export function useRoomTitle(): (room: RoomView | null) => string {
  const t = useText();
  return (room) => (room && room.title !== "" ? room.title : t("room.title_unknown"));
}

/** Gives what a room's call is called. */
export function useCallTitle(): (room: RoomView | null) => string {
  const t = useText();
  const title = useRoomTitle();
  return (room) => t(room?.kind === "direct" ? "prejoin.direct" : "prejoin.room", { room: title(room) });
}
