import { useState } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { useApp, useStore } from "../app/context";
import { Avatar } from "./avatar";
import { useRoomTitle } from "./room-title";

/** The picture of a room, or the initials of its title. Decoration: the title stands beside it. */
export function RoomAvatar({ room, size = "medium" }: { readonly room: RoomView; readonly size?: "small" | "medium" | "large" }) {
  const { client } = useApp();
  const picture = useStore(client.pictures.of(room));
  const title = useRoomTitle()(room);
  const [broken, setBroken] = useState<string | null>(null);
  if (picture === null || picture === broken) return <Avatar id={room.room_id} name={title} size={size} />;
  return <img className={`avatar avatar-${size} avatar-picture`} src={picture} alt="" draggable={false} onError={() => setBroken(picture)} />;
}
