/** One transform each: what a frame goes through on its way out or in. Without a key there is no way. */
import { FrameCodec, type FrameEngine } from "../generated/wasm/media";
import { WaitingFrames } from "../waiting";
import { putTogether, Repeats, takeApart, type Block } from "./redundancy";
import type { ReceiverState } from "../wire";

export type Frame = RTCEncodedVideoFrame | RTCEncodedAudioFrame;

/** A receiver that opened nothing for this long is not live any more. */
const QUIET_MS = 2_000;

/** Key frames are asked for at most this often, for each costs the sender ten frames' worth. */
const KEY_FRAME_INTERVAL_MS = 1_000;

/** Redundant Opus. */
const RED = "audio/red";

const CODECS: Readonly<Record<string, FrameCodec>> = {
  "audio/opus": FrameCodec.Opus,
  [RED]: FrameCodec.Opus,
  "video/vp8": FrameCodec.Vp8,
  "video/vp9": FrameCodec.Vp9,
};

abstract class Transform {
  readonly id: number;
  in = 0;
  out = 0;
  protected controller: TransformStreamDefaultController<Frame> | null = null;
  private readonly codec: FrameCodec;
  private closed = false;

  constructor(id: number, video: boolean) {
    this.id = id;
    this.codec = video ? FrameCodec.Vp8 : FrameCodec.Opus;
  }

  /** Runs until the streams end. */
  async pipe(readable: ReadableStream<Frame>, writable: WritableStream<Frame>): Promise<void> {
    const stream = new TransformStream<Frame, Frame>({
      start: (controller) => void (this.controller = controller),
      transform: (frame) => {
        this.in += 1;
        if (!this.closed) this.handle(frame);
      },
    });
    await readable.pipeThrough(stream).pipeTo(writable);
  }

  close(): void {
    this.closed = true;
  }

  protected abstract handle(frame: Frame): void;

  /** Passes a frame on, with the bytes that it is to have from here on. */
  protected pass(frame: Frame, bytes: Uint8Array): void {
    frame.data = bytes.buffer as ArrayBuffer;
    this.out += 1;
    this.controller?.enqueue(frame);
  }

  /** Browsers that do not say have the codec that we negotiate; one that we do not know is dropped. */
  protected codecOf(frame: Frame): FrameCodec | undefined {
    const { mimeType } = frame.getMetadata() as { mimeType?: string };
    return mimeType === undefined ? this.codec : CODECS[mimeType.toLowerCase()];
  }
}

/** The blocks of a frame of sound; nothing where it is no redundant one, or cannot be read. */
function blocksOf(frame: Frame): Block[] | null {
  const { mimeType } = frame.getMetadata() as { mimeType?: string };
  return mimeType?.toLowerCase() === RED ? takeApart(new Uint8Array(frame.data)) : null;
}

export class SendTransform extends Transform {
  private readonly engine: FrameEngine;
  private readonly sealer: number;
  private readonly repeats = new Repeats();

  constructor(id: number, video: boolean, engine: FrameEngine, sealer: number) {
    super(id, video);
    this.engine = engine;
    this.sealer = sealer;
  }

  override close(): void {
    super.close();
    this.engine.detach(this.sealer);
  }

  /** Each packet of sound repeats so many blocks of those before it. */
  repeat(depth: number): void {
    this.repeats.depth = depth;
  }

  protected handle(frame: Frame): void {
    const codec = this.codecOf(frame);
    if (codec === undefined) return;
    // What the browser repeats was sealed when it was new.
    const newest = blocksOf(frame)?.at(-1);
    const keyFrame = "type" in frame && frame.type === "key";
    const sealed = this.engine.seal(performance.now(), this.sealer, codec, keyFrame, newest?.bytes ?? new Uint8Array(frame.data));
    if (!sealed) return;
    const { rtpTimestamp = 0 } = frame.getMetadata();
    this.pass(frame, newest ? this.repeats.packet(newest.type, rtpTimestamp, sealed) : sealed);
  }
}

/** The sealed bytes of a frame, without what it repeats. */
function newestOf(frame: Frame): ArrayBuffer {
  const newest = blocksOf(frame)?.at(-1);
  return newest ? newest.bytes.slice().buffer : frame.data;
}

export interface ReceiveListener {
  receiver(state: ReceiverState, leaf: number | null): void;
  /** The decoder will need a key frame. */
  keyFrameWanted(): void;
  /** Test builds only: a frame as it came. */
  received?(data: ArrayBuffer): void;
}

export class ReceiveTransform extends Transform {
  mid: string | null = null;
  private readonly engine: FrameEngine;
  private readonly listener: ReceiveListener;
  private readonly waiting = new WaitingFrames<Frame>();
  private state: ReceiverState = "idle";
  private leaf: number | null = null;
  private changedAt = 0;
  private askedAt = -KEY_FRAME_INTERVAL_MS;

  constructor(id: number, video: boolean, engine: FrameEngine, listener: ReceiveListener) {
    super(id, video);
    this.engine = engine;
    this.listener = listener;
  }

  /** Keys or slots have changed: what waits may open now. */
  retry(): void {
    this.offerWaiting(performance.now());
  }

  /** Time passed. */
  tick(): void {
    const now = performance.now();
    this.offerWaiting(now);
    if (this.state !== "idle" && now - this.changedAt > QUIET_MS) this.tell("idle", null);
  }

  protected handle(frame: Frame): void {
    if (this.listener.received) this.listener.received(newestOf(frame));
    const now = performance.now();
    const outcome = this.open(frame, now);
    const kept = outcome === "later" && this.waiting.push(frame, now);
    if (outcome === "never" || (outcome === "later" && !kept)) this.wantKeyFrame(now);
  }

  private offerWaiting(now: number): void {
    if (this.waiting.size === 0) return;
    const late = this.waiting.offer(now, (frame) => this.open(frame, now) !== "later");
    if (late > 0) this.wantKeyFrame(now);
  }

  /** Passes the frame on, if it opens. */
  private open(frame: Frame, now: number): "opened" | "seen" | "later" | "never" {
    const codec = this.codecOf(frame);
    if (codec === undefined) return "never";
    if (this.mid === null) return "later";
    const blocks = blocksOf(frame);
    const plain = this.engine.open(now, this.mid, codec, blocks?.at(-1)?.bytes ?? new Uint8Array(frame.data));
    if (plain) {
      this.changedAt = now;
      this.tell("live", this.engine.leaf);
      this.pass(frame, blocks ? this.openRepeated(now, this.mid, codec, blocks, plain) : plain);
      return "opened";
    }
    // Packets that are sent again make whole frames again: nothing is missing, and nothing wrong with the keys.
    const refusal = this.engine.refusal;
    if (refusal === "replayed") return "seen";
    // A frame in a slot that is not its own says nothing of whom the slot is for.
    if (refusal !== "not_expected" && now - this.changedAt > QUIET_MS / 4) {
      this.changedAt = now;
      this.tell("waiting-for-key", null);
    }
    return this.engine.may_open_later ? "later" : "never";
  }

  /** The packet with those of its repeated blocks that are not known yet. */
  private openRepeated(now: number, mid: string, codec: FrameCodec, blocks: readonly Block[], newest: Uint8Array): Uint8Array {
    const opened = blocks.map((block, place) => {
      const bytes = place === blocks.length - 1 ? newest : this.engine.open(now, mid, codec, block.bytes);
      return bytes ? [{ ...block, bytes }] : [];
    });
    return putTogether(opened.flat());
  }

  private wantKeyFrame(now: number): void {
    if (now - this.askedAt < KEY_FRAME_INTERVAL_MS) return;
    this.askedAt = now;
    this.listener.keyFrameWanted();
  }

  private tell(state: ReceiverState, leaf: number | null): void {
    if (state === this.state && leaf === this.leaf) return;
    this.state = state;
    this.leaf = leaf;
    this.listener.receiver(state, leaf);
  }
}
