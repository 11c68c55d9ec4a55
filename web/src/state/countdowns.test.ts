import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Countdowns } from "./countdowns";

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

test("one timer tells each message when its words change, and only then", () => {
  const countdowns = new Countdowns();
  const [soon, later] = [vi.fn(), vi.fn()];
  countdowns.watch(5_000, soon);
  countdowns.watch(10 * MINUTE, later);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect(soon).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(59_000);
  // "5 sec" to "1 sec", and "10 min" to "9 min".
  expect(soon).toHaveBeenCalledTimes(4);
  expect(later).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(1);
});

test("what nobody watches any more is waited for by nothing", () => {
  const countdowns = new Countdowns();
  const stops = [5_000, 90 * 24 * 3_600_000].map((endsAt) => countdowns.watch(endsAt, () => undefined));
  for (const stop of stops) stop();
  expect(vi.getTimerCount()).toBe(0);
});

test("a message that lives for months does not end at once", () => {
  const countdowns = new Countdowns();
  const listener = vi.fn();
  countdowns.watch(90 * 24 * 3_600_000, listener);
  vi.advanceTimersByTime(23 * 3_600_000);
  expect(listener).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2 * 3_600_000);
  expect(listener).toHaveBeenCalledTimes(1);
});
