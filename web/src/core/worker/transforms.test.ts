import { beforeEach, expect, test, vi } from "vitest";
import type { FrameEngine } from "../generated/wasm/media";
import type { Frame } from "./forms";
import { ReceiveTransform, SendTransform } from "./transforms";

type Reported = [state: string, leaf: number | null];

/** An engine that "seals" by adding a byte and opens what has it, when it has a key. */
class FakeEngine {
  key = false;
  refusal: string | undefined;
  may_open_later = false;
  leaf = 4;
  readonly detached: number[] = [];
  seal(_now: number, _sealer: number, _codec: number, keyFrame: boolean, frame: Uint8Array): Uint8Array | undefined {
    return this.key ? Uint8Array.of(keyFrame ? 2 : 1, ...frame) : undefined;
  }
  open(_now: number, _mid: string, _codec: number, frame: Uint8Array): Uint8Array | undefined {
    this.refusal = this.key ? (frame[0] === 1 ? undefined : "not_authentic") : "unknown_epoch";
    this.may_open_later = this.refusal === "unknown_epoch";
    return this.refusal === undefined ? frame.slice(1) : undefined;
  }
  detach(sealer: number): void {
    this.detached.push(sealer);
  }
}

let engine: FakeEngine;
let states: Reported[];
let wanted: number;

beforeEach(() => {
  engine = new FakeEngine();
  states = [];
  wanted = 0;
});

function frame(bytes: number[], metadata: object = {}): Frame {
  return { data: Uint8Array.from(bytes).buffer, type: "key", getMetadata: () => metadata } as unknown as Frame;
}

function receiver(video = true): ReceiveTransform {
  const receiver = new ReceiveTransform(1, video, engine as unknown as FrameEngine, {
    receiver: (state, leaf) => states.push([state, leaf]),
    keyFrameWanted: () => (wanted += 1),
  });
  receiver.mid = "0";
  return receiver;
}

/** Streams move on in the microtasks of this turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Pipes frames through and gives the bytes that come out, so far. */
function run(transform: SendTransform | ReceiveTransform): { push: (frame: Frame) => Promise<void>; out: number[][] } {
  const out: number[][] = [];
  const { readable, writable } = new TransformStream<Frame, Frame>();
  const sink = new WritableStream<Frame>({ write: (each) => void out.push([...new Uint8Array(each.data)]) });
  void transform.pipe(readable, sink);
  const writer = writable.getWriter();
  return {
    out,
    push: async (each) => {
      await writer.write(each);
      await settle();
    },
  };
}

test("a sender without a key lets nothing through", async () => {
  const sender = new SendTransform(1, true, engine as unknown as FrameEngine, 0);
  const { push, out } = run(sender);
  await push(frame([9]));
  expect(out).toEqual([]);
  engine.key = true;
  await push(frame([9]));
  expect(out).toEqual([[2, 9]]);
  expect([sender.in, sender.out]).toEqual([2, 1]);
});

test("a sender lets no codec through that it does not know", async () => {
  engine.key = true;
  const { push, out } = run(new SendTransform(1, true, engine as unknown as FrameEngine, 0));
  await push(frame([9], { mimeType: "video/H264" }));
  expect(out).toEqual([]);
});

test("a sender that is closed lets nothing through and gives its counter back", async () => {
  engine.key = true;
  const sender = new SendTransform(1, true, engine as unknown as FrameEngine, 5);
  const { push, out } = run(sender);
  sender.close();
  await push(frame([9]));
  expect(out).toEqual([]);
  expect(engine.detached).toEqual([5]);
});

test("frames before their key wait, and come out in order once it is there", async () => {
  const transform = receiver();
  const { push, out } = run(transform);
  await push(frame([1, 10]));
  await push(frame([1, 11]));
  expect(out).toEqual([]);
  engine.key = true;
  transform.retry();
  await push(frame([1, 12]));
  expect(out).toEqual([[10], [11], [12]]);
  expect(states.at(-1)).toEqual(["live", 4]);
});

test("frames whose key never comes are dropped, and a key frame is asked for", async () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(10_000);
  const transform = receiver();
  const { push, out } = run(transform);
  await push(frame([1, 10]));
  expect(states).toEqual([["waiting-for-key", null]]);
  clock.mockReturnValue(11_000);
  transform.tick();
  engine.key = true;
  transform.retry();
  await push(frame([1, 11]));
  expect(out).toEqual([[11]]);
  expect(wanted).toBe(1);
});

test("what is not authentic is never played", async () => {
  engine.key = true;
  const { push, out } = run(receiver());
  await push(frame([7, 10]));
  expect(out).toEqual([]);
});

test("who opened nothing for a while is not live any more", async () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(10_000);
  engine.key = true;
  const transform = receiver();
  const { push } = run(transform);
  await push(frame([1, 10]));
  clock.mockReturnValue(12_001);
  transform.tick();
  expect(states).toEqual([["live", 4], ["idle", null]]);
});

test("a frame that came before is dropped without a fuss", async () => {
  engine.key = true;
  const { push, out } = run(receiver());
  engine.open = () => {
    engine.refusal = "replayed";
    engine.may_open_later = false;
    return undefined;
  };
  await push(frame([1, 10]));
  expect([out, states, wanted]).toEqual([[], [], 0]);
});

const RED = { mimeType: "audio/red" };

/** A packet as a browser makes it: a block of 960 units before, and the newest. */
function redundant(before: number[], newest: number[], rtpTimestamp: number): Frame {
  return frame([0x80 | 111, 0x0f, 0x00, before.length, 111, ...before, ...newest], { ...RED, rtpTimestamp });
}

test("a sender seals each block of sound once, and repeats what it sealed", async () => {
  engine.key = true;
  const sender = new SendTransform(1, false, engine as unknown as FrameEngine, 0);
  const { push, out } = run(sender);
  await push(redundant([], [7], 0));
  sender.repeat(1);
  await push(redundant([7], [8], 960));
  expect(out).toEqual([
    [111, 2, 7],
    [0x80 | 111, 0x0f, 0x00, 2, 111, 2, 7, 2, 8],
  ]);
});

test("a receiver opens each block of sound, and leaves out what it knows or cannot open", async () => {
  engine.key = true;
  const { push, out } = run(receiver());
  await push(redundant([1, 7], [1, 8], 960));
  await push(redundant([5, 8], [1, 9], 1_920));
  expect(out).toEqual([
    [0x80 | 111, 0x0f, 0x00, 1, 111, 7, 8],
    [111, 9],
  ]);
  await push(redundant([1, 7], [5, 8], 2_880));
  expect(out).toHaveLength(2);
});

const AGREED = [{ type: 63, mimeType: "audio/red" }, { type: 111, mimeType: "audio/opus" }];

test("sound of a browser that says nothing of a frame is sealed and opened block by block", async () => {
  engine.key = true;
  const sender = new SendTransform(1, false, engine as unknown as FrameEngine, 0);
  sender.agree(AGREED);
  const sending = run(sender);
  await sending.push(frame([111, 7]));
  expect(sending.out).toEqual([[111, 2, 7]]);

  const transform = receiver(false);
  transform.agree(AGREED);
  const receiving = run(transform);
  await receiving.push(frame([0x80 | 111, 0x0f, 0x00, 2, 111, 1, 7, 1, 8]));
  await receiving.push(frame([1, 9]));
  expect(receiving.out).toEqual([[0x80 | 111, 0x0f, 0x00, 1, 111, 7, 8], [9]]);
});

test("sound that says nothing waits until it is known what was agreed on", async () => {
  engine.key = true;
  const transform = receiver(false);
  const { push, out } = run(transform);
  await push(frame([111, 1, 7]));
  expect(out).toEqual([]);
  transform.agree(AGREED);
  await settle();
  expect(out).toEqual([[111, 7]]);
});
