import { expect, test } from "vitest";
import { someCall } from "../testing/fake-core";
import { FakeMedia } from "../testing/fake-media";
import { FakeCore } from "../testing/fake-core";
import { carol } from "../testing/fake-data";
import { bestGrid } from "./grid";
import { MAX_TILES, setStage } from "./tiles";

const media = new FakeMedia(new FakeCore(true), false).view();
const live = (leaf: number, kind: "camera" | "screen" = "camera") => ({ leaf, kind, state: "live" as const, stream: null });

test("who is in comes from the key tree, not from what media arrives", () => {
  const stage = setStage(someCall("design"), { ...media, remote: [live(0), live(9)] });
  expect(stage.tiles.map(({ participant }) => participant.leaf)).toEqual([0, 1, 3]);
  expect(stage.tiles.map(({ state }) => state)).toEqual(["live", "connecting", "off"]);
  expect(stage.own?.participant.this_device).toBe(true);
});

test("a shared screen takes the stage", () => {
  const call = someCall("design");
  const participants = call.participants.map((p) => (p.person === carol ? { ...p, screen: true } : p));
  const stage = setStage({ ...call, participants }, { ...media, remote: [live(1, "screen")] });
  expect(stage.screen?.participant.person).toBe(carol);
});

test("who speaks has a tile, also beyond the number of tiles", () => {
  const call = someCall("design");
  const [someone] = call.participants;
  if (!someone) throw new Error("nobody");
  const participants = Array.from({ length: MAX_TILES + 5 }, (_, leaf) => ({ ...someone, leaf }));
  const stage = setStage({ ...call, participants, speaker: MAX_TILES + 3 }, media);
  expect(stage.tiles).toHaveLength(MAX_TILES);
  expect(stage.hidden).toBe(5);
  expect(stage.tiles.at(-1)?.participant.leaf).toBe(MAX_TILES + 3);
});

test("the grid fits its box", () => {
  for (const count of [1, 2, 3, 9, 25]) {
    const { columns, rows, width, height } = bestGrid(count, 1000, 600, 10);
    expect(columns * rows).toBeGreaterThanOrEqual(count);
    expect(columns * width + (columns - 1) * 10).toBeLessThanOrEqual(1000);
    expect(rows * height + (rows - 1) * 10).toBeLessThanOrEqual(600);
  }
});

test("a picture keeps its sides where the box is wide", () => {
  for (const count of [1, 2, 3, 9, 25]) {
    const { width, height } = bestGrid(count, 1016, 604, 10);
    expect(width / height).toBeGreaterThan(1.3);
  }
});
