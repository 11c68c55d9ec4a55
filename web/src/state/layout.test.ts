import { expect, test } from "vitest";
import { FakeCore, someCall } from "../testing/fake-core";
import { FakeMedia } from "../testing/fake-media";
import { arrivals, inSight, layOut, leading, pictured, viewOf, type Wants } from "./layout";
import { tilesOf, type Tile, type Tiles } from "./tiles";

const DESKTOP = { width: 1252, height: 640 };
const PHONE = { width: 374, height: 560 };
const TURNED = { width: 828, height: 260 };

const media = new FakeMedia(new FakeCore(true), false).view();
const call = someCall("design");

/** Bob, Carol and Dan; those of the given leaves share their screens. */
function tiles(...sharing: number[]): Tiles {
  const participants = call.participants.map((p) => ({ ...p, screen: sharing.includes(p.leaf) }));
  const remote = sharing.map((leaf) => ({ leaf, kind: "screen" as const, state: "live" as const, stream: null }));
  return tilesOf({ ...call, participants }, { ...media, remote });
}

const keyOf = (of: Tiles, leaf: number, kind: Tile["kind"] = "camera"): string =>
  [...of.people, ...of.screens].find((tile) => tile.participant.leaf === leaf && tile.kind === kind)?.key ?? "nobody";

const GRID: Wants = { view: "grid", pinned: null, floor: null, screens: [] };
const leaves = (of: readonly Tile[]) => of.map(({ participant }) => participant.leaf);

test("in a grid all are alike", () => {
  const layout = layOut(tiles(), GRID);
  expect(layout.main).toBeNull();
  expect(leaves(layout.others)).toEqual([0, 1, 3]);
});

test("in speaker view who has the floor is large, and the others are beside", () => {
  const all = tiles();
  const layout = layOut(all, { ...GRID, view: "speaker", floor: keyOf(all, 3) });
  expect(layout.main?.participant.leaf).toBe(3);
  expect(leaves(layout.others)).toEqual([0, 1]);
});

test("before anybody spoke a person with a camera is large", () => {
  const all = tiles();
  const people = all.people.map((tile) => ({ ...tile, participant: { ...tile.participant, camera: tile.participant.leaf === 1 } }));
  expect(layOut({ ...all, people }, { ...GRID, view: "speaker" }).main?.participant.leaf).toBe(1);
  expect(layOut({ ...all, people: [] }, { ...GRID, view: "speaker" }).main).toBeNull();
});

test("a shared screen takes the stage in every view, the newest of several; the others are tiles", () => {
  const all = tiles(0, 1);
  const screens = [keyOf(all, 1, "screen"), keyOf(all, 0, "screen")];
  for (const view of ["grid", "speaker"] as const) {
    const layout = layOut(all, { ...GRID, view, screens, floor: keyOf(all, 3) });
    expect(layout.main?.key).toBe(keyOf(all, 0, "screen"));
    expect(layout.pinned).toBe(false);
    expect(layout.others.map(({ kind }) => kind)).toEqual(["screen", "camera", "camera", "camera"]);
  }
});

test("a pinned tile has the stage before screens and speakers", () => {
  const all = tiles(0, 1);
  const screens = [keyOf(all, 1, "screen"), keyOf(all, 0, "screen")];
  const pinned = (key: string) => layOut(all, { view: "speaker", screens, floor: keyOf(all, 3), pinned: key });
  expect(pinned(keyOf(all, 1)).main?.key).toBe(keyOf(all, 1));
  expect(pinned(keyOf(all, 1)).pinned).toBe(true);
  expect(pinned(keyOf(all, 1, "screen")).main?.key).toBe(keyOf(all, 1, "screen"));
  expect(pinned("camera-9-somebody who left")).toMatchObject({ pinned: false, main: { key: keyOf(all, 0, "screen") } });
});

test("who is in the spotlight has the stage in every view, after what one pinned and screens", () => {
  const all = tilesOf({ ...call, spotlight: 1 }, media);
  for (const view of ["grid", "speaker"] as const) {
    const layout = layOut(all, { ...GRID, view, floor: keyOf(all, 3) });
    expect(layout.main?.participant.leaf).toBe(1);
    expect([layout.pinned, leaves(layout.others)]).toEqual([false, [0, 3]]);
  }
  expect(layOut(all, { ...GRID, pinned: keyOf(all, 0) }).main?.participant.leaf).toBe(0);
  const sharing = { ...all, screens: tiles(3).screens };
  expect(layOut(sharing, { ...GRID, screens: [keyOf(sharing, 3, "screen")] }).main?.kind).toBe("screen");
});

test("who is in the spotlight oneself sees the others as before", () => {
  const me = call.participants.find(({ this_device }) => this_device)?.leaf ?? null;
  const all = tilesOf({ ...call, spotlight: me }, media);
  expect(all.own?.spotlit).toBe(true);
  expect(layOut(all, GRID).main).toBeNull();
});

test("where there is room for one only, it is the one on the stage, or who has the floor", () => {
  const all = tiles();
  expect(layOut(all, { ...GRID, floor: keyOf(all, 3) }).first?.participant.leaf).toBe(3);
  expect(layOut(all, { ...GRID, floor: keyOf(all, 3), pinned: keyOf(all, 1) }).first?.participant.leaf).toBe(1);
});

test("where only a picture can be shown, it is of somebody who has one", () => {
  const all = tiles();
  const live = (leaf: number) => ({ ...all, people: all.people.map((tile) => (tile.participant.leaf === leaf ? { ...tile, state: "live" as const } : tile)) });
  const wants = { ...GRID, floor: keyOf(all, 3) };
  expect(pictured(layOut(live(1), wants))?.participant.leaf).toBe(1);
  expect(pictured(layOut(live(3), wants))?.participant.leaf).toBe(3);
  expect(pictured(layOut(all, wants))?.participant.leaf).toBe(3);
});

test("by itself the view is a grid, on a phone with many the speaker", () => {
  expect(viewOf("auto", 60, DESKTOP)).toBe("grid");
  expect(viewOf("auto", 4, PHONE)).toBe("grid");
  expect(viewOf("auto", 5, PHONE)).toBe("speaker");
  expect(viewOf("auto", 5, TURNED)).toBe("speaker");
  expect(viewOf("grid", 60, PHONE)).toBe("grid");
  expect(viewOf("speaker", 1, DESKTOP)).toBe("speaker");
});

test("screens keep the order in which they came", () => {
  expect(arrivals(["b"], ["a", "b"])).toEqual(["b", "a"]);
  expect(arrivals(["b", "a"], ["a"])).toEqual(["a"]);
  const before = ["b", "a"];
  expect(arrivals(before, ["a", "b"])).toBe(before);
});

test("who has the floor changes places with the last in sight: nobody else moves, nobody is lost", () => {
  const all = tiles().people;
  const dan = all.at(-1)?.key ?? "";
  expect(leaves(inSight(all, dan, 2))).toEqual([0, 3, 1]);
  expect(inSight(all, dan, 3)).toBe(all);
  expect(inSight(all, null, 1)).toBe(all);
});

test("who has the floor leads a strip that would hide them", () => {
  const all = [...tiles(0).screens, ...tiles(0).people];
  const dan = all.at(-1)?.key ?? "";
  expect(leading(all, dan, 3).map(({ kind, participant }) => `${kind} ${String(participant.leaf)}`)).toEqual([
    "screen 0", "camera 3", "camera 0", "camera 1",
  ]);
  expect(leading(all, dan, 4)).toBe(all);
});
