import { expect, test } from "vitest";
import { dueAt, follow, HOLD_MS, NOBODY, TAKE_MS } from "./floor";

const ALL = ["bob", "carol", "dan"];

/** Bob has had the floor for a minute. */
const BOB = follow(NOBODY, "bob", ALL, 1_000);
const LATER = 61_000;

test("who speaks first has the floor at once, and keeps it in silence", () => {
  expect(BOB.holder).toBe("bob");
  expect(follow(BOB, null, ALL, LATER)).toBe(BOB);
});

test("a short word takes no floor", () => {
  const asked = follow(BOB, "carol", ALL, LATER);
  expect(asked.holder).toBe("bob");
  const silent = follow(asked, null, ALL, LATER + TAKE_MS - 1);
  expect(follow(silent, "carol", ALL, LATER + TAKE_MS + 1).holder).toBe("bob");
});

test("who goes on speaking takes it, exactly when it is due", () => {
  const asked = follow(BOB, "carol", ALL, LATER);
  expect(dueAt(asked)).toBe(LATER + TAKE_MS);
  expect(follow(asked, "carol", ALL, LATER + TAKE_MS - 1)).toBe(asked);
  expect(follow(asked, "carol", ALL, LATER + TAKE_MS).holder).toBe("carol");
});

test("in a quick exchange nobody is taken off the stage before the time", () => {
  const carol = follow(follow(BOB, "carol", ALL, LATER), "carol", ALL, LATER + TAKE_MS);
  const back = follow(carol, "bob", ALL, LATER + TAKE_MS + 100);
  expect(dueAt(back)).toBe(LATER + TAKE_MS + HOLD_MS);
  expect(follow(back, "bob", ALL, LATER + TAKE_MS + HOLD_MS - 1).holder).toBe("carol");
  expect(follow(back, "bob", ALL, LATER + TAKE_MS + HOLD_MS).holder).toBe("bob");
});

test("another who begins to speak waits from then on", () => {
  const asked = follow(follow(BOB, "carol", ALL, LATER), "dan", ALL, LATER + 500);
  expect(dueAt(asked)).toBe(LATER + 500 + TAKE_MS);
});

test("who left has no floor", () => {
  expect(follow(BOB, null, ["carol"], LATER).holder).toBeNull();
  expect(follow(BOB, "carol", ["carol"], LATER).holder).toBe("carol");
});

test("nothing new is the same object, so that nothing is drawn anew", () => {
  expect(follow(NOBODY, null, [], 5)).toBe(NOBODY);
  expect(follow(BOB, "bob", ALL, LATER)).toBe(BOB);
});
