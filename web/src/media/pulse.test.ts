import { expect, test } from "vitest";
import { came, LOOK_MS, Pulse } from "./pulse";

/** Looks as often as the page does; says at which of them the way was doubted. */
function doubts(pulse: Pulse, from: number, received: readonly number[], every = LOOK_MS): number[] {
  return received.flatMap((count, look) => (pulse.note(from + look * every, count) ? [look] : []));
}

const report = (...stats: object[]): RTCStatsReport => new Map(stats.entries()) as unknown as RTCStatsReport;
const flowing = (from: number, looks: number): number[] => Array.from({ length: looks }, (_, look) => from + look);
const still = (at: number, looks: number): number[] => Array.from({ length: looks }, () => at);

test("a way over which pictures came is doubted after a second of nothing, once, and again after more came", () => {
  const pulse = new Pulse();
  expect(doubts(pulse, 0, flowing(1, 20))).toEqual([]);
  expect(doubts(pulse, 20 * LOOK_MS, still(20, 40))).toEqual([3]);
  expect(pulse.isSilent).toBe(true);
  expect(doubts(pulse, 60 * LOOK_MS, flowing(21, 5))).toEqual([]);
  expect(pulse.isSilent).toBe(false);
  expect(doubts(pulse, 65 * LOOK_MS, flowing(26, 8))).toEqual([]);
  // It was doubted for nothing once; the next time it has longer.
  expect(doubts(pulse, 73 * LOOK_MS, still(33, 20))).toEqual([7]);
});

test("a way over which little comes is not doubted for its pauses", () => {
  const pulse = new Pulse();
  const reports = flowing(1, 60).map((look) => Math.ceil(look / 4));
  expect(doubts(pulse, 0, reports)).toEqual([]);
  const [first] = doubts(pulse, 60 * LOOK_MS, still(15, 40));
  expect(first).toBe(8);
});

test("ways that are given up are no news", () => {
  const pulse = new Pulse();
  doubts(pulse, 0, flowing(100, 20));
  expect(doubts(pulse, 20 * LOOK_MS, still(119, 8))).toEqual([3]);
  expect(doubts(pulse, 28 * LOOK_MS, still(7, 4))).toEqual([]);
  expect(pulse.isSilent).toBe(true);
  doubts(pulse, 32 * LOOK_MS, [8]);
  expect(pulse.isSilent).toBe(false);
});

test("a page that slept doubts nothing by its first look", () => {
  const pulse = new Pulse();
  doubts(pulse, 0, flowing(1, 20));
  expect(pulse.note(60_000, 20)).toBe(false);
  expect(pulse.note(60_000 + LOOK_MS, 21)).toBe(false);
});

test("a way of which nothing is known is not doubted", () => {
  expect(doubts(new Pulse(), 0, still(0, 100))).toEqual([]);
  expect(doubts(new Pulse(), 0, [1, 2, 3, ...still(3, 100)])).toEqual([]);
});

test("what came is counted over all ways, or not at all", () => {
  const pair = { type: "candidate-pair", bytesReceived: 100, responsesReceived: 2 };
  expect(came(report(pair, { type: "candidate-pair", bytesReceived: 5 }, { type: "transport", bytesReceived: 9 }))).toBe(107);
  expect(came(report({ type: "candidate-pair" }))).toBe(null);
  expect(came(report())).toBe(null);
});
