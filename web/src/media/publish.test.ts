import { expect, test } from "vitest";
import { cameraEncodings } from "./publish";

const sent = (full: number, shown: number): number[] =>
  cameraEncodings(full, shown).flatMap(({ scaleResolutionDownBy, active }) => (active ? [full / scaleResolutionDownBy] : []));

test.each([
  [0, []],
  [90, [180]],
  [225, [180]],
  [270, [180, 360]],
  [450, [180, 360]],
  [540, [180, 360, 720]],
  [1_080, [180, 360, 720]],
  [Infinity, [180, 360, 720]],
])("of a camera with 720 lines, a tile of %d pixels gets what fills it, and all that is smaller is sent", (shown, heights) => {
  expect(sent(720, shown)).toEqual(heights);
});

test("small cameras send as many sizes as browsers make of them", () => {
  expect(sent(360, Infinity)).toEqual([180, 360]);
  expect(sent(360, 180)).toEqual([180]);
  expect(sent(240, Infinity)).toEqual([240]);
  expect(sent(240, 0)).toEqual([]);
});

const rates = (most?: number) => cameraEncodings(720, 720, most).map(({ maxBitrate }) => maxBitrate);

test("the smallest size takes no more than everybody can be sent, the others as before", () => {
  expect(rates()).toEqual([150_000, 500_000, 1_700_000]);
  expect(rates(60_000)).toEqual([48_000, 500_000, 1_700_000]);
  expect(rates(1_000_000)).toEqual([150_000, 500_000, 1_700_000]);
});
