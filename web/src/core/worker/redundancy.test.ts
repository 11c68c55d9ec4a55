import { expect, test } from "vitest";
import { MOST_REPEATED, putTogether, Repeats, takeApart } from "./redundancy";

const sound = (...bytes: number[]) => Uint8Array.from(bytes);
const seen = (packet: Uint8Array) => takeApart(packet)?.map(({ type, before, bytes }) => [type, before, Array.from(bytes)].flat());

test("a packet of one block is its type and the block", () => {
  const packet = putTogether([{ type: 111, before: 0, bytes: sound(1, 2, 3) }]);
  expect([...packet]).toEqual([111, 1, 2, 3]);
  expect(seen(packet)).toEqual([[111, 0, 1, 2, 3]]);
});

test("blocks are told apart, as RFC 2198 has it", () => {
  // 960 units before, 3 bytes: 14 bits 0b00001111000000, 10 bits 3.
  const packet = sound(0x80 | 111, 0x0f, 0x00, 3, 111, 7, 8, 9, 1, 2);
  expect(seen(packet)).toEqual([
    [111, 960, 7, 8, 9],
    [111, 0, 1, 2],
  ]);
  const blocks = takeApart(packet);
  expect([...putTogether(blocks ?? [])]).toEqual([...packet]);
});

test("what does not fit into the form is left out", () => {
  const packet = putTogether([
    { type: 111, before: 0x4000, bytes: sound(1) },
    { type: 111, before: 0x3fff, bytes: new Uint8Array(0x400) },
    { type: 111, before: 0x3fff, bytes: new Uint8Array(0x3ff).fill(5) },
    { type: 111, before: 0, bytes: new Uint8Array(0x1000).fill(6) },
  ]);
  expect(takeApart(packet)?.map(({ before, bytes }) => [before, bytes.length])).toEqual([
    [0x3fff, 0x3ff],
    [0, 0x1000],
  ]);
});

test("a packet that says more than it holds is refused", () => {
  for (const packet of [sound(), sound(0xef), sound(0xef, 0, 0), sound(0xef, 0, 0, 3, 111, 1, 2), new Uint8Array(400).fill(0x80)]) {
    expect(takeApart(packet)).toBeNull();
  }
});

test("any bytes are read or refused", () => {
  let state = 7;
  const random = () => (state = (state * 48_271) % 0x7fff_ffff);
  for (let round = 0; round < 2_000; round += 1) {
    const packet = Uint8Array.from({ length: random() % 60 }, () => random() % 256);
    const blocks = takeApart(packet);
    const held = blocks?.reduce((sum, { bytes }) => sum + bytes.length, 4 * (blocks.length - 1) + 1);
    if (blocks) expect(held).toBe(packet.length);
  }
});

test("the last blocks are repeated, as many as it needs", () => {
  const repeats = new Repeats();
  const say = (number: number) => seen(repeats.packet(111, 0xffff_ffff - 1_920 + number * 960, sound(number)));
  expect(say(1)).toEqual([[111, 0, 1]]);
  repeats.depth = 2;
  expect(say(2)).toEqual([
    [111, 960, 1],
    [111, 0, 2],
  ]);
  say(3);
  // The clock has rolled over.
  expect(say(4)).toEqual([
    [111, 1_920, 2],
    [111, 960, 3],
    [111, 0, 4],
  ]);
  repeats.depth = 9;
  expect(say(7)).toHaveLength(MOST_REPEATED + 1);
  repeats.depth = 0;
  expect(say(8)).toEqual([[111, 0, 8]]);
});
