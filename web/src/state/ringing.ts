import type { RoomView } from "../core/generated/RoomView";

/** A call that began longer ago than this is no news any more. */
export const CALL_NEWS_MS = 10 * 60_000;

/** Names one call of a room, for what was put away. */
export function callKey(room: RoomView): string {
  return `${room.room_id} ${String(room.call?.started_at ?? 0)}`;
}

/** The direct room whose call rings here. */
export function ringingRoom(rooms: readonly RoomView[] | null, silenced: ReadonlySet<string>): RoomView | null {
  return rooms?.find((room) => room.call?.ring === "incoming" && !silenced.has(callKey(room))) ?? null;
}

/** A larger room in which a call began lately that one is not in. */
export function newsOfCall(rooms: readonly RoomView[] | null, putAway: ReadonlySet<string>, now: number): RoomView | null {
  const isNews = ({ kind, call }: RoomView): boolean =>
    kind === "room" && call !== null && !call.joined && !call.elsewhere && now - call.started_at < CALL_NEWS_MS;
  return rooms?.find((room) => isNews(room) && !putAway.has(callKey(room))) ?? null;
}
