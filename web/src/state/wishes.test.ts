import { expect, test } from "vitest";
import { FakeCore, someCall } from "../testing/fake-core";
import { FakeMedia } from "../testing/fake-media";
import type { Box } from "./layout";
import { tilesOf, type Tile } from "./tiles";
import { MAX_VIDEO_SLOTS } from "./limits";
import { wishesFor } from "./wishes";

const call = someCall("design");
const { people, own } = tilesOf(call, new FakeMedia(new FakeCore(true), false).view());

function one(leaf: number, change: Partial<Tile> = {}): Tile {
  const [bob] = people;
  if (!bob) throw new Error("nobody");
  return { ...bob, key: `${change.kind ?? "camera"}-${String(leaf)}`, participant: { ...bob.participant, leaf }, speaking: false, ...change };
}

const SMALL = { width: 200, height: 125 };
const LARGE = { width: 1000, height: 600 };

test("what has the stage comes first, then who speaks, then the others as they stand", () => {
  const seen = [
    { tile: one(4), size: SMALL },
    { tile: one(2), size: SMALL },
    { tile: one(7, { speaking: true }), size: SMALL },
    { tile: one(1, { kind: "screen" }), size: LARGE, main: true },
  ];
  expect(wishesFor(seen, 1).map(({ leaf, kind }) => [leaf, kind])).toEqual([[1, "screen"], [7, "camera"], [4, "camera"], [2, "camera"]]);
});

function height(kind: Tile["kind"], size: Box, ratio = 1): number | undefined {
  return wishesFor([{ tile: one(1, { kind }), size }], ratio)[0]?.height;
}

test("a camera covers its tile, a screen lies within", () => {
  expect(height("camera", { width: 300, height: 360 })).toBe(360);
  expect(height("camera", { width: 640, height: 200 })).toBe(360);
  expect(height("screen", { width: 640, height: 900 })).toBe(360);
  expect(height("screen", { width: 1600, height: 540 })).toBe(540);
  expect(height("camera", { width: 300, height: 360 }, 3)).toBe(720);
});

test("a pixel more is no new wish", () => {
  expect(height("camera", { width: 10, height: 181 })).toBe(height("camera", { width: 10, height: 260 }));
  expect(height("camera", { width: 10, height: 181 })).not.toBe(height("camera", { width: 10, height: 280 }));
});

test("what is seen twice is asked for once, as high as it is seen", () => {
  const seen = [
    { tile: one(1), size: { width: 10, height: 180 } },
    { tile: one(1), size: { width: 10, height: 360 }, main: true },
  ];
  expect(wishesFor(seen, 1)).toEqual([{ leaf: 1, kind: "camera", height: 360 }]);
  expect(wishesFor(seen.toReversed(), 1)).toEqual([{ leaf: 1, kind: "camera", height: 360 }]);
});

test("no more is asked for than the server takes, and nothing of oneself", () => {
  const seen = Array.from({ length: MAX_VIDEO_SLOTS + 10 }, (_, leaf) => ({ tile: one(leaf), size: SMALL }));
  expect(wishesFor(seen, 1)).toHaveLength(MAX_VIDEO_SLOTS);
  if (!own) throw new Error("not in the call");
  expect(wishesFor([{ tile: own, size: SMALL }], 1)).toEqual([]);
});
