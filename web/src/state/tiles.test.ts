import { expect, test } from "vitest";
import { FakeCore, someCall } from "../testing/fake-core";
import { carol } from "../testing/fake-data";
import { FakeMedia } from "../testing/fake-media";
import { tilesOf } from "./tiles";

const media = new FakeMedia(new FakeCore(true), false).view();
const live = (leaf: number, kind: "camera" | "screen" = "camera") => ({ leaf, kind, state: "live" as const, stream: null });

test("who is in comes from the key tree, not from what media arrives", () => {
  const tiles = tilesOf(someCall("design"), { ...media, remote: [live(0), live(9)] });
  expect(tiles.people.map(({ participant }) => participant.leaf)).toEqual([0, 1, 3]);
  expect(tiles.people.map(({ state }) => state)).toEqual(["live", "connecting", "off"]);
  expect(tiles.own?.participant.this_device).toBe(true);
});

test("a screen is shown when its owner says that it is shared, and it arrives", () => {
  const call = someCall("design");
  const participants = call.participants.map((p) => (p.person === carol ? { ...p, screen: true } : p));
  const screens = (remote: ReturnType<typeof live>[], of = { ...call, participants }) =>
    tilesOf(of, { ...media, remote }).screens.map(({ participant }) => participant.person);
  expect(screens([live(1, "screen")])).toEqual([carol]);
  expect(screens([])).toEqual([]);
  expect(screens([live(1, "screen")], call)).toEqual([]);
});

test("who speaks is the server's word, or where nobody tells the server, what this device hears", () => {
  const call = someCall("design");
  const speaking = (of: typeof call, speaker: number | null) =>
    tilesOf(of, { ...media, speaker }).people.filter((tile) => tile.speaking).map(({ participant }) => participant.leaf);
  expect(speaking(call, 1)).toEqual([call.speaker]);
  expect(speaking({ ...call, constant_bitrate: true }, 1)).toEqual([1]);
  expect(speaking({ ...call, constant_bitrate: true }, null)).toEqual([]);
});
