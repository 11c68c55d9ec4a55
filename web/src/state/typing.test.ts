import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TypingHere } from "./typing";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function made(): { readonly typing: TypingHere; readonly told: string[] } {
  const told: string[] = [];
  return { typing: new TypingHere((roomId, on) => told.push(`${roomId}: ${on ? "on" : "off"}`)), told };
}

test("who types is told of once a second, and stops some seconds after the last key", () => {
  const { typing, told } = made();
  for (let key = 0; key < 30; key += 1) {
    typing.typed("plans", "x".repeat(key + 1));
    vi.advanceTimersByTime(100);
  }
  expect(told).toEqual(["plans: on", "plans: on", "plans: on"]);
  vi.advanceTimersByTime(4_899);
  expect(told).toHaveLength(3);
  vi.advanceTimersByTime(1);
  expect(told.at(-1)).toBe("plans: off");
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(4);
});

test("an empty box is nothing that is being typed", () => {
  const { typing, told } = made();
  typing.typed("plans", "");
  typing.stop("plans");
  expect(told).toEqual([]);
  typing.typed("plans", "H");
  typing.typed("plans", "");
  expect(told).toEqual(["plans: on", "plans: off"]);
  typing.typed("plans", "H");
  expect(told.at(-1)).toBe("plans: on");
});

test("rooms do not get in each other's way, and what is forgotten is told to nobody", () => {
  const { typing, told } = made();
  typing.typed("plans", "H");
  typing.typed("team", "H");
  typing.stop("plans");
  expect(told).toEqual(["plans: on", "team: on", "plans: off"]);
  typing.clear();
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(3);
});
