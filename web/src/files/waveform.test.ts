import { expect, test } from "vitest";
import { levelOf, waveformOf } from "./waveform";

test("a waveform has the loudest of each part of the time", () => {
  expect([...waveformOf([0, 1, 0.5, 0.2], 2)]).toEqual([255, 128]);
  expect([...waveformOf([0.5], 64)]).toEqual([128]);
  expect([...waveformOf([], 64)]).toEqual([0]);
  const long = waveformOf(
    Array.from({ length: 9_000 }, (_, at) => at / 9_000),
    64,
  );
  expect(long.length).toBe(64);
  expect([...long]).toEqual([...long].toSorted((one, other) => one - other));
  expect([...waveformOf([7, -1], 2)]).toEqual([255, 0]);
});

const level = (amplitude: number): number => levelOf(Float32Array.from({ length: 100 }, (_, at) => (at % 2 ? amplitude : -amplitude)));

test("loudness is by ear: a tenth of the amplitude is a third less, silence nothing", () => {
  expect(level(0)).toBe(0);
  expect(level(1)).toBe(1);
  expect(level(0.1)).toBeCloseTo(2 / 3);
  expect(level(0.0001)).toBe(0);
});
