/** One transform each: what a frame goes through on its way out or in. Without a key there is no way. */
import type { FrameEngine } from "../generated/wasm/media";
import { WaitingFrames } from "../waiting";
import type { AgreedCodec, ReceiverState } from "../wire";
import { Forms, timeOf, type Form, type Frame } from "./forms";
import { putTogether, Repeats, type Block } from "./redundancy";

/** A receiver that opened nothing for this long is not live any more. */
const QUIET_MS = 2_000;

/** Key frames are asked for at most this often, for each costs the sender ten frames' worth. */
const KEY_FRAME_INTERVAL_MS = 1_000;

abstract class Transform {
  readonly id: number;
  in = 0;
  out = 0;
  private writer: WritableStreamDefaultWriter<Frame> | null = null;
  protected readonly forms: Forms;
  private closed = false;

  constructor(id: number, video: boolean) {
    this.id = id;
    this.forms = new Forms(video);
  }

  /** What was agreed on for its stream, once that is known. */
  agree(codecs: readonly AgreedCodec[] | null): void {
    this.forms.agreed = codecs;
  }

  /** Runs until the streams end. Read and written by hand: a pipe through a stream costs twice as much for each frame. */
  async pipe(readable: ReadableStream<Frame>, writable: WritableStream<Frame>): Promise<void> {
    const reader = readable.getReader();
    this.writer = writable.getWriter();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      this.in += 1;
      if (!this.closed) this.handle(value);
    }
    await this.writer.close();
  }

  close(): void {
    this.closed = true;
  }

  protected abstract handle(frame: Frame): void;

  /** Passes a frame on, with the bytes that it is to have from here on. */
  protected pass(frame: Frame, bytes: Uint8Array): void {
    frame.data = bytes.buffer as ArrayBuffer;
    this.out += 1;
    // Whoever wanted the frames has gone.
    this.writer?.write(frame).catch(() => void (this.closed = true));
  }
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
    const form = this.forms.ofSent(frame);
    if (form === null) return;
    // What the browser repeats was sealed when it was new.
    const newest = form.blocks?.at(-1);
    const keyFrame = "type" in frame && frame.type === "key";
    const sealed = this.engine.seal(performance.now(), this.sealer, form.codec, keyFrame, newest?.bytes ?? new Uint8Array(frame.data));
    if (!sealed) return;
    this.pass(frame, newest ? this.repeats.packet(newest.type, timeOf(frame), sealed) : sealed);
  }
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

  override agree(codecs: readonly AgreedCodec[] | null): void {
    super.agree(codecs);
    this.retry();
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
    if (this.listener.received) this.listener.received(this.newestOf(frame));
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
    const forms = this.forms.ofReceived(frame);
    if (forms?.length === 0) return "never";
    if (forms === null || this.mid === null) return "later";
    for (const form of forms) {
      const outcome = this.openAs(form, frame, now, this.mid);
      if (outcome !== "refused") return outcome;
    }
    // A frame in a slot that is not its own says nothing of whom the slot is for.
    if (this.engine.refusal !== "not_expected" && now - this.changedAt > QUIET_MS / 4) {
      this.changedAt = now;
      this.tell("waiting-for-key", null);
    }
    return this.engine.may_open_later ? "later" : "never";
  }

  private openAs({ codec, blocks }: Form, frame: Frame, now: number, mid: string): "opened" | "seen" | "refused" {
    const plain = this.engine.open(now, mid, codec, blocks?.at(-1)?.bytes ?? new Uint8Array(frame.data));
    // Packets that are sent again make whole frames again: nothing is missing, and nothing wrong with the keys.
    if (!plain) return this.engine.refusal === "replayed" ? "seen" : "refused";
    this.changedAt = now;
    this.tell("live", this.engine.leaf);
    this.pass(frame, blocks ? this.openRepeated(now, mid, codec, blocks, plain) : plain);
    return "opened";
  }

  /** The packet with those of its repeated blocks that are not known yet. */
  private openRepeated(now: number, mid: string, codec: Form["codec"], blocks: readonly Block[], newest: Uint8Array): Uint8Array {
    const opened = blocks.map((block, place) => {
      const bytes = place === blocks.length - 1 ? newest : this.engine.open(now, mid, codec, block.bytes);
      return bytes ? [{ ...block, bytes }] : [];
    });
    return putTogether(opened.flat());
  }

  /** The sealed bytes of a frame, without what it repeats. */
  private newestOf(frame: Frame): ArrayBuffer {
    const newest = this.forms.ofReceived(frame)?.at(-1)?.blocks?.at(-1);
    return newest ? newest.bytes.slice().buffer : frame.data;
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
