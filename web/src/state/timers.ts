const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** How long messages may live from their sending on. */
export const TTL_CHOICES: readonly number[] = [HOUR, 8 * HOUR, DAY, WEEK, 4 * WEEK, 12 * WEEK, 52 * WEEK];

/** Likewise for one's own alone: who wants more leaves it to the room. */
export const OWN_TTL_CHOICES: readonly number[] = [HOUR, 8 * HOUR, DAY, WEEK, 4 * WEEK];

/** How long messages may live from their reading on. */
export const BURN_CHOICES: readonly number[] = [10 * SECOND, MINUTE, 5 * MINUTE, HOUR, DAY];

/** How long a room may go on. */
export const ROOM_LIFE_CHOICES: readonly number[] = [DAY, WEEK, 4 * WEEK, 12 * WEEK, 26 * WEEK, 52 * WEEK];

/** Times for what one writes; null: as the room has it. */
export interface Timers {
  readonly ttlMs: number | null;
  readonly burnMs: number | null;
}

export const ROOM_TIMERS: Timers = { ttlMs: null, burnMs: null };

/** What one may choose for one's own messages: shorter than the room's `cap`, which is 0 where there is none. */
export function shorterThan(cap: number, choices: readonly number[]): number[] {
  return choices.filter((ms) => cap === 0 || ms < cap);
}

/** The room's choices with what it has, which another program may have set to anything. */
export function withPresent(present: number, choices: readonly number[]): number[] {
  return present === 0 || choices.includes(present) ? [...choices] : [...choices, present].toSorted((a, b) => a - b);
}

/** Units of `Intl`, the largest first. */
export type TimeUnit = "week" | "day" | "hour" | "minute" | "second";

export const UNITS: readonly (readonly [TimeUnit, number])[] = [
  ["week", WEEK],
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
  ["second", SECOND],
];

/** What is left of a message's life, in the unit in which one counts it. */
export interface Left {
  readonly value: number;
  readonly unit: Exclude<TimeUnit, "week">;
}

/** From two of a unit on it is counted in it: "90 min", "36 hr". */
const COUNTED: readonly (readonly [Left["unit"], number, number])[] = [
  ["day", DAY, 2 * DAY],
  ["hour", HOUR, 2 * HOUR],
  ["minute", MINUTE, MINUTE],
];

/** Rounded up: what is said to be left is left. Never less than a second, for whoever ends it is the core. */
export function leftUntil(endsAt: number, now: number): Left {
  const left = endsAt - now;
  for (const [unit, ms, from] of COUNTED) if (left > from) return { value: Math.ceil(left / ms), unit };
  return { value: Math.max(1, Math.ceil(left / SECOND)), unit: "second" };
}

/** When `leftUntil` says something else; null where it does not any more. */
export function nextChange(endsAt: number, now: number): number | null {
  const { value, unit } = leftUntil(endsAt, now);
  if (unit === "second" && value === 1) return null;
  const ms = COUNTED.find(([each]) => each === unit)?.[1] ?? SECOND;
  return endsAt - (value - 1) * ms;
}
