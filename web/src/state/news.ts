import type { RoomView } from "../core/generated/RoomView";

/** Kinds of notices that the system shows while the page is in the background; each has a switch of its own (R54). */
export const NOTICE_KINDS = ["messages", "updates", "administration"] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What is new in a room. */
export interface News {
  readonly room: RoomView;
  readonly what: "messages" | "named" | "call";
}

/** What came since the rooms looked like `before`; nothing of what was there when the page began. */
export function newsOf(before: readonly RoomView[] | null, after: readonly RoomView[]): News[] {
  if (before === null) return [];
  const known = new Map(before.map((room) => [room.room_id, room]));
  return after.flatMap((room): News[] => {
    const was = known.get(room.room_id);
    if (room.call?.ring === "incoming" && was?.call?.ring !== "incoming") return [{ room, what: "call" }];
    if (room.unread <= (was?.unread ?? 0)) return [];
    if (room.named && !was?.named) return [{ room, what: "named" }];
    return room.muted ? [] : [{ room, what: "messages" }];
  });
}

/** What the app's icon counts: all that waits to be read, of muted rooms only where one is named. */
export function waiting(rooms: readonly RoomView[]): number {
  const counted = rooms.filter((room) => !room.muted || room.named);
  return counted.reduce((sum, room) => sum + room.unread, 0);
}

/** Of which kind a notice of the core is; nothing for what only whoever looks at the page can act on. */
export function kindOfNotice(code: string): NoticeKind | null {
  if (code === "version_mismatch") return "updates";
  return ADMINISTRATION.has(code) ? "administration" : null;
}

const ADMINISTRATION = new Set(["removed_from_room", "room_deleted", "room_ended", "room_lost", "rolled_back", "server_untrusted"]);
