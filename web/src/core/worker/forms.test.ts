import { expect, test } from "vitest";
import type { AgreedCodec } from "../wire";
import { Forms, timeOf, type Frame } from "./forms";

const OPUS: AgreedCodec = { type: 111, mimeType: "audio/opus" };
const RED: AgreedCodec = { type: 63, mimeType: "audio/red" };

function frame(bytes: number[], metadata: object = {}): Frame {
  return { data: Uint8Array.from(bytes).buffer, getMetadata: () => metadata } as unknown as Frame;
}

function forms(agreed: AgreedCodec[] | null, video = false): Forms {
  const all = new Forms(video);
  all.agreed = agreed;
  return all;
}

/** A packet as a browser makes it: a block of 960 units before, and the newest. */
function redundant(type: number, before: number[], newest: number[]): number[] {
  return [0x80 | type, 0x0f, 0x00, before.length, type, ...before, ...newest];
}

/** The bytes of the blocks of each form; null of a whole frame. */
function received(all: Forms, of: Frame): (number[][] | null)[] | undefined {
  return all.ofReceived(of)?.map(({ blocks }) => blocks && blocks.map(({ bytes }) => [...bytes]));
}

/** How many blocks a frame that says nothing is sent as; 0 where it is sent as a whole. */
function sent(agreed: AgreedCodec[], bytes: number[]): number | null {
  const form = forms(agreed).ofSent(frame(bytes));
  return form && (form.blocks?.length ?? 0);
}

const PACKET = redundant(111, [7], [8, 9]);
const BLOCKS = [[7], [8, 9]];

test("a frame is what it says, whatever was agreed on", () => {
  const all = forms([OPUS]);
  expect(received(all, frame(PACKET, { mimeType: "audio/RED", payloadType: 111 }))).toEqual([BLOCKS]);
  expect(received(forms([RED, OPUS]), frame(PACKET, { mimeType: "audio/opus", payloadType: 63 }))).toEqual([null]);
  expect(received(all, frame(PACKET, { mimeType: "audio/PCMU" }))).toEqual([]);
  expect(all.ofSent(frame(PACKET, { mimeType: "audio/PCMU" }))).toBeNull();
});

test("a frame that says only its payload type is what was agreed on for that type", () => {
  const all = forms([RED, OPUS]);
  for (const [payloadType, blocks] of [[63, BLOCKS], [111, null]] as const) {
    expect(received(all, frame(PACKET, { payloadType })), String(payloadType)).toEqual([blocks]);
    expect(all.ofSent(frame(PACKET, { payloadType }))?.blocks?.length ?? null, String(payloadType)).toBe(blocks && 2);
  }
});

test("a frame that says nothing is sent as the first of what was agreed on, if it has its form", () => {
  expect(sent([RED, OPUS], PACKET)).toBe(2);
  expect(sent([OPUS, RED], PACKET), "plain Opus is preferred").toBe(0);
  expect(sent([OPUS], PACKET), "nothing redundant was agreed on").toBe(0);
  expect(sent([RED, OPUS], redundant(96, [7], [8])), "blocks of another codec").toBe(0);
  expect(sent([RED, OPUS], [0x80 | 111, 0xff]), "no whole packet").toBe(0);
});

test("a frame that says nothing may be received in both forms", () => {
  expect(received(forms([OPUS, RED]), frame(PACKET))).toEqual([null, BLOCKS]);
  expect(received(forms([OPUS, RED]), frame(redundant(96, [7], [8])))).toEqual([null]);
  expect(received(forms([OPUS]), frame(PACKET))).toEqual([null]);
});

test("of sound that says nothing, nothing is known before something was agreed on", () => {
  const all = forms(null);
  expect(all.ofSent(frame(PACKET))).toBeNull();
  expect(all.ofReceived(frame(PACKET, { payloadType: 63 }))).toBeNull();
});

test("a picture that says nothing has the one codec that is negotiated", () => {
  const all = forms(null, true);
  expect(received(all, frame([1]))).toEqual([null]);
  expect(all.ofSent(frame([1]))?.blocks).toBeNull();
});

test("the time of a frame goes by its older name where the newer is not said", () => {
  const old = Object.assign(frame([1]), { timestamp: 960 });
  expect(timeOf(old)).toBe(960);
  expect(timeOf(frame([1], { rtpTimestamp: 1_920 }))).toBe(1_920);
});
