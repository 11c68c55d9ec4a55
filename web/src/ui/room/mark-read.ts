import { useEffect, useSyncExternalStore } from "react";
import type { RoomView } from "../../core/generated/RoomView";
import { useApp } from "../app/context";

/** Tells the core that a room was read, when its end is in sight of somebody who looks. */
export function useMarkRead(room: RoomView, endInSight: boolean): void {
  const { client } = useApp();
  const looking = useSyncExternalStore(subscribeToAttention, hasAttention);
  const roomId = room.room_id;
  const unread = room.unread;
  useEffect(() => {
    if (unread > 0 && endInSight && looking) void client.commands.markRead(roomId);
  }, [client, roomId, unread, endInSight, looking]);
}

function hasAttention(): boolean {
  return document.visibilityState === "visible";
}

function subscribeToAttention(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
  };
}
