import type { CallView } from "../core/generated/CallView";
import type { ParticipantView } from "../core/generated/ParticipantView";
import type { AnnouncementKind } from "./preferences";

/** What happened in a call between two of its views, for the announcements. */
export interface CallChange {
  readonly kind: AnnouncementKind;
  readonly what: "joined" | "left" | "hand" | "sharing" | "sharing_stopped" | "spotlight" | "connection_lost" | "connection_back";
  /** Who; empty for the connection. */
  readonly names: readonly string[];
}

/** Compares two views of the same call; each kind of change comes once, with all names. */
export function callChanges(before: CallView | null, after: CallView | null): CallChange[] {
  if (!before || !after || before.call_id !== after.call_id) return [];
  const changes: CallChange[] = [];
  const add = (kind: AnnouncementKind, what: CallChange["what"], names: readonly string[]): void => {
    if (names.length > 0) changes.push({ kind, what, names });
  };
  // While one is on the way in, the tree fills; that is not somebody joining.
  if (before.phase === "joined") {
    add("presence", "joined", others(after).filter((p) => !has(before, p)).map(nameOf));
    add("presence", "left", others(before).filter((p) => !has(after, p)).map(nameOf));
  }
  add("hand", "hand", turned(before, after, (p) => p.hand));
  add("sharing", "sharing", turned(before, after, (p) => p.screen));
  add("sharing", "sharing_stopped", turned(after, before, (p) => p.screen));
  if (after.spotlight !== before.spotlight) {
    add("sharing", "spotlight", after.participants.filter(({ leaf }) => leaf === after.spotlight).map(nameOf));
  }
  if (before.phase === "joined" && after.phase === "reconnecting") changes.push(connection("connection_lost"));
  if (before.phase === "reconnecting" && after.phase === "joined") changes.push(connection("connection_back"));
  return changes;
}

function connection(what: "connection_lost" | "connection_back"): CallChange {
  return { kind: "connection", what, names: [] };
}

function others(call: CallView): ParticipantView[] {
  return call.participants.filter((participant) => !participant.this_device);
}

function has(call: CallView, wanted: ParticipantView): boolean {
  return call.participants.some((p) => p.leaf === wanted.leaf && p.person.user_id === wanted.person.user_id);
}

function turned(before: CallView, after: CallView, is: (p: ParticipantView) => boolean): string[] {
  const was = new Map(before.participants.map((p) => [p.leaf, is(p)]));
  return others(after).filter((p) => is(p) && was.get(p.leaf) === false).map(nameOf);
}

function nameOf(participant: ParticipantView): string {
  return participant.person.name;
}
