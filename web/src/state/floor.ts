/** Who has the floor: the speaker, without the flapping of short words. */

/** A floor and who is about to take it; tiles by their keys, times in milliseconds of one clock. */
export interface Floor {
  readonly holder: string | null;
  readonly since: number;
  /** Who speaks and would take it. */
  readonly next: string | null;
  readonly nextSince: number;
}

export const NOBODY: Floor = { holder: null, since: 0, next: null, nextSince: 0 };

/** Somebody must speak this long to take the floor: a cough or "yes" is shorter. */
export const TAKE_MS = 700;

/** Who took the floor keeps it this long; shorter makes the stage flicker in a quick exchange, longer lags behind it. */
export const HOLD_MS = 2_500;

/**
 * The floor after it was heard that `speaking` speaks (null: none of the others). Who falls silent keeps it, who is
 * not `present` any more loses it at once. The same object as long as nothing changes.
 */
export function follow(floor: Floor, speaking: string | null, present: readonly string[], now: number): Floor {
  if (floor.holder === null || !present.includes(floor.holder)) {
    if (speaking === floor.holder && floor.next === null) return floor;
    return { holder: speaking, since: now, next: null, nextSince: 0 };
  }
  if (speaking === null || speaking === floor.holder) {
    return floor.next === null ? floor : { ...floor, next: null, nextSince: 0 };
  }
  const nextSince = floor.next === speaking ? floor.nextSince : now;
  const asked: Floor = { ...floor, next: speaking, nextSince };
  if (now >= (dueAt(asked) ?? now)) return { holder: speaking, since: now, next: null, nextSince: 0 };
  return floor.next === speaking ? floor : asked;
}

/** When the floor changes hands if nothing else happens; null if it does not. */
export function dueAt(floor: Floor): number | null {
  return floor.next === null ? null : Math.max(floor.since + HOLD_MS, floor.nextSince + TAKE_MS);
}
