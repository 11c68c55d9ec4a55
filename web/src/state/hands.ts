import type { ParticipantView } from "../core/generated/ParticipantView";

/** Raised hands first, in the order in which they went up; the others as they were. */
export function handsFirst(participants: readonly ParticipantView[]): ParticipantView[] {
  const hands = participants.filter(({ hand_place: place }) => place !== null);
  const others = participants.filter(({ hand_place: place }) => place === null);
  return [...hands.toSorted((a, b) => (a.hand_place ?? 0) - (b.hand_place ?? 0)), ...others];
}
