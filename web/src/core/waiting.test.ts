import { expect, test } from "vitest";
import { MAX_WAITING, MAX_WAITING_BYTES, PATIENCE_MS, WaitingFrames } from "./waiting";

interface Numbered {
  n: number;
  data: ArrayBuffer;
}

function frame(n: number, length = 1): Numbered {
  return { n, data: new ArrayBuffer(length) };
}

function left(waiting: WaitingFrames<Numbered>, now = 0): number[] {
  const seen: number[] = [];
  waiting.offer(now, ({ n }) => seen.push(n) < 0);
  return seen;
}

test("frames are offered in order until they are taken", () => {
  const waiting = new WaitingFrames<Numbered>();
  for (const n of [1, 2, 3]) waiting.push(frame(n), 0);
  waiting.offer(0, ({ n }) => n === 2);
  expect(left(waiting)).toEqual([1, 3]);
});

test("a frame waits a second and no longer", () => {
  const waiting = new WaitingFrames<Numbered>();
  waiting.push(frame(1), 0);
  waiting.push(frame(2), 500);
  expect(waiting.offer(PATIENCE_MS - 1, () => false)).toBe(0);
  expect(waiting.offer(PATIENCE_MS, () => false)).toBe(1);
  expect(left(waiting, PATIENCE_MS)).toEqual([2]);
});

test("beyond the limits the oldest goes, and it is told", () => {
  const many = new WaitingFrames<Numbered>();
  for (let n = 0; n < MAX_WAITING; n += 1) expect(many.push(frame(n), 0)).toBe(true);
  expect(many.push(frame(MAX_WAITING), 0)).toBe(false);
  expect(left(many)[0]).toBe(1);
  const large = new WaitingFrames<Numbered>();
  large.push(frame(1, MAX_WAITING_BYTES), 0);
  expect(large.push(frame(2), 0)).toBe(false);
  expect(left(large)).toEqual([2]);
});
