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
  idle.active(60_000, Date.now());
  vi.advanceTimersByTime(59_000);
  idle.active(60_000, Date.now());
  vi.advanceTimersByTime(59_000);
  expect(locked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(locked).toHaveBeenCalledOnce();
});

test("not where there is no lock, none is wanted, or a call goes on", () => {
  const { idle, locked } = begin();
  idle.armed = false;
  idle.active(60_000, Date.now());
  vi.advanceTimersByTime(600_000);
  idle.active(null, Date.now());
  idle.armed = true;
  vi.advanceTimersByTime(600_000);
  expect(locked).not.toHaveBeenCalled();
  let inCall = true;
  const other = begin(() => !inCall);
  other.idle.active(60_000, Date.now());
  vi.advanceTimersByTime(150_000);
  expect(other.locked).not.toHaveBeenCalled();
  inCall = false;
  vi.advanceTimersByTime(60_000);
  expect(other.locked).toHaveBeenCalledOnce();
});

test("a computer that slept is locked when it wakes", () => {
  const { idle, locked } = begin();
  idle.active(60_000, Date.now());
  // Timers stand still while it sleeps, and somebody moves the mouse before they go on.
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(locked).not.toHaveBeenCalled();
  idle.active(60_000, Date.now());
  expect(locked).toHaveBeenCalledOnce();
});

test("who leads next counts on from the last hand", () => {
  const { idle, locked } = begin();
  idle.active(60_000, Date.now() - 50_000);
  vi.advanceTimersByTime(10_000);
  expect(locked).toHaveBeenCalledOnce();
});
