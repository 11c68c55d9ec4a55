import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { REACTION_MS, Reactions } from "./reactions";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("a reaction goes after its time, and a newer one has a time of its own", () => {
  const reactions = new Reactions();
  const shown = (leaf: number) => reactions.shown.get().get(leaf)?.reaction;
  reactions.take(1, "like");
  reactions.take(2, "love");
  vi.advanceTimersByTime(REACTION_MS - 1);
  reactions.take(1, "laugh");
  vi.advanceTimersByTime(1);
  expect([shown(1), shown(2)]).toEqual(["laugh", undefined]);
  vi.advanceTimersByTime(REACTION_MS);
  expect(reactions.shown.get().size).toBe(0);
});

test("the same sign twice is another one, and the end of the call takes all", () => {
  const reactions = new Reactions();
  reactions.take(1, "like");
  const first = reactions.shown.get().get(1)?.id;
  reactions.take(1, "like");
  expect(reactions.shown.get().get(1)?.id).not.toBe(first);
  reactions.clear();
  expect(reactions.shown.get().size).toBe(0);
});
