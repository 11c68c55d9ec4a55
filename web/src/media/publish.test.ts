import { expect, test } from "vitest";
import { neededEncodings } from "./publish";

const CAMERA = [180, 360, 720];

test.each([
  [0, [false, false, false]],
  [90, [true, false, false]],
  [225, [true, false, false]],
  [270, [true, true, false]],
  [450, [true, true, false]],
  [540, [true, true, true]],
  [1_080, [true, true, true]],
  [Infinity, [true, true, true]],
])("at %d pixels the encodings up to the first that fills them are sent", (shown, needed) => {
  expect(neededEncodings(CAMERA, shown)).toEqual(needed);
});

test("a screen is sent while anybody shows it", () => {
  expect(neededEncodings([1_080], 180)).toEqual([true]);
  expect(neededEncodings([1_080], 2_160)).toEqual([true]);
  expect(neededEncodings([1_080], 0)).toEqual([false]);
});
