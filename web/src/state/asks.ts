import type { ParticipantAsk } from "../core/generated/ParticipantAsk";

/** Something that somebody asked of this device, as it is shown to the person. */
export interface Asked {
  readonly ask: ParticipantAsk;
  /** Who. */
  readonly by: string;
}

/** What is on here. */
export interface OnHere {
  readonly microphone: boolean;
  readonly hand: boolean;
}

/** Whether there is anything to be asked: who is muted already needs no word about it. */
export function matters(ask: ParticipantAsk, { microphone, hand }: OnHere): boolean {
  if (ask === "mute") return microphone;
  return ask === "unmute" ? !microphone : hand;
}

/** What is shown once this was asked too: the newest of each kind, and of muting and unmuting the last alone. */
export function withAsked(before: readonly Asked[], asked: Asked): readonly Asked[] {
  const same = (one: ParticipantAsk): boolean => (one === "lower_hand") === (asked.ask === "lower_hand");
  return [...before.filter(({ ask }) => !same(ask)), asked];
}

/** What is still shown: once the microphone is on, or the hand up again, what was asked of them is over. */
export function stillAsked(before: readonly Asked[], { microphone, hand }: OnHere): readonly Asked[] {
  const still = before.filter(({ ask }) => (ask === "lower_hand" ? !hand : !microphone));
  return still.length === before.length ? before : still;
}
