import { useEffect, useRef } from "react";
import type { CallView } from "../../core/generated/CallView";
import { useApp, useRoom, useStore } from "../app/context";
import { Loading } from "../parts/messages";
import { RoomGone } from "../room/room";
import { CallOver } from "./call-over";
import { CallScreen } from "./call-screen";
import { PreJoin } from "./prejoin";

/** The call of a room: first the preview, then the call, then back to the room. */
export function CallPage({ roomId }: { readonly roomId: string }) {
  const { client, media, navigator, t } = useApp();
  const rooms = useStore(client.rooms);
  const room = useRoom(roomId);
  const anyCall = useStore(client.call);
  const call = anyCall?.room_id === roomId ? anyCall : null;
  useEnd(call, roomId);

  // First away from here, so that the devices are not opened anew for a preview that nobody asked for.
  const leave = (): void => {
    navigator.replace({ page: "room", roomId });
    void media.leave();
  };

  if (rooms === null) return <Loading>{t("main.loading")}</Loading>;
  if (!room) return <RoomGone />;
  if (!call) return <PreJoin room={room} />;
  if (call.phase === "removed" || call.phase === "ended") return <CallOver call={call} onBack={leave} />;
  return <CallScreen room={room} call={call} onLeave={leave} />;
}

/** Goes back to the room when the call ends without one's own doing. */
function useEnd(call: CallView | null, roomId: string): void {
  const { client, navigator } = useApp();
  const wasIn = useRef(false);
  useEffect(() => {
    if (wasIn.current && !call) {
      client.board.notify("status", (t) => t("call.ended"));
      navigator.replace({ page: "room", roomId });
    }
    wasIn.current = call !== null;
  }, [client, navigator, call, roomId]);
}
