import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Idle } from "./idle";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function begin(may = () => true) {
  const locked = vi.fn();
  const idle = new Idle(may, locked);
  idle.armed = true;
  return { idle, locked };
}

test("R47: the store is locked after as long without a hand, counted from the last", () => {
  const { idle, locked } = begin();
  idle.active(60_000);
  vi.advanceTimersByTime(59_000);
  idle.active(60_000);
  vi.advanceTimersByTime(59_000);
  expect(locked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(locked).toHaveBeenCalledOnce();
});

test("not where there is no lock, none is wanted, or a call goes on", () => {
  const { idle, locked } = begin();
  idle.armed = false;
  idle.active(60_000);
  vi.advanceTimersByTime(600_000);
  idle.armed = true;
  idle.active(null);
  vi.advanceTimersByTime(600_000);
  expect(locked).not.toHaveBeenCalled();
  let inCall = true;
  const other = begin(() => !inCall);
  other.idle.active(60_000);
  vi.advanceTimersByTime(150_000);
  expect(other.locked).not.toHaveBeenCalled();
  inCall = false;
  vi.advanceTimersByTime(60_000);
  expect(other.locked).toHaveBeenCalledOnce();
});

test("a computer that slept is locked when it wakes", () => {
  const { idle, locked } = begin();
  idle.active(60_000);
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(60_000);
  expect(locked).toHaveBeenCalledOnce();
});
