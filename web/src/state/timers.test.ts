import { expect, test } from "vitest";
import { leftUntil, nextChange, shorterThan, TTL_CHOICES, withPresent } from "./timers";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const said = (left: number): string => {
  const { value, unit } = leftUntil(left, 0);
  return `${String(value)} ${unit}`;
};

test("what is left is rounded up, in the unit in which one counts it", () => {
  expect([1, 1_000, 59_001, 60_000, 60_001, 2 * HOUR, 2 * HOUR + 1, 2 * DAY, 2 * DAY + 1, 30 * DAY].map(said)).toEqual([
    "1 second",
    "1 second",
    "60 second",
    "60 second",
    "2 minute",
    "120 minute",
    "3 hour",
    "48 hour",
    "3 day",
    "30 day",
  ]);
  expect(said(-5)).toBe("1 second");
});

test("from one change to the next the words stay, and then they are others", () => {
  let now = 0;
  const end = 3 * DAY + 12_345;
  let changes = 0;
  for (let next = nextChange(end, now); next !== null; next = nextChange(end, now)) {
    const before = leftUntil(end, now);
    expect(next).toBeGreaterThan(now);
    expect(leftUntil(end, next - 1)).toEqual(before);
    expect(leftUntil(end, next)).not.toEqual(before);
    now = next;
    changes += 1;
  }
  expect(leftUntil(end, now)).toEqual({ value: 1, unit: "second" });
  // Two days, 46 hours, 119 minutes and 59 seconds, with what is between: far from one a second.
  expect(changes).toBeLessThan(240);
});

test("one's own time is shorter than the room's, and a room may have a time that is no choice here", () => {
  expect(shorterThan(DAY, TTL_CHOICES)).toEqual([HOUR, 8 * HOUR]);
  expect(shorterThan(0, TTL_CHOICES)).toEqual(TTL_CHOICES);
  expect(withPresent(0, TTL_CHOICES)).toEqual(TTL_CHOICES);
  expect(withPresent(2 * HOUR, TTL_CHOICES).slice(0, 3)).toEqual([HOUR, 2 * HOUR, 8 * HOUR]);
});
