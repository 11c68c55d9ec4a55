/**
 * For acceptance tests alone (builds with VITE_TEST_TAP): keeps sealed frames as they came from the server, and
 * opens frames with every key that this call ever had, even after its end.
 */
import { FrameCodec, FrameEngine } from "../generated/wasm/media";
import * as updates from "../media-updates.mjs";
import type { MediaBytes, TapAnswer, TapFrame, TapRequest } from "../wire";

/** Frames that are kept: some minutes of a small call. */
const MAX_FRAMES = 20_000;

const KINDS = ["microphone", "camera", "screen"] as const;

export class Tap {
  private readonly engine = new FrameEngine();
  private readonly frames: TapFrame[] = [];
  private readonly seen = new Set<string>();

  /** What the engine of the call is told too. */
  update(bytes: MediaBytes): void {
    // Keys do not die here: time stands still.
    if (!updates.isEnd(bytes)) this.engine.update(0, bytes);
  }

  /** Each frame once: packets that are sent again make whole frames again. */
  received(data: ArrayBuffer, video: boolean): void {
    const name = new Uint8Array(data.slice(-16)).join();
    if (this.frames.length >= MAX_FRAMES || this.seen.has(name)) return;
    this.seen.add(name);
    this.frames.push({ at: Date.now(), video, data: data.slice(0) });
  }

  listen(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<TapRequest>) => {
      const answer: TapAnswer = { request: data.request, frames: [], opened: 0 };
      if (data.type === "frames") answer.frames = this.frames;
      else answer.opened = data.frames.filter((frame) => this.opens(frame)).length;
      port.postMessage(answer);
    };
  }

  /** Whoever the frame says that it is from is expected. */
  private opens({ data, video }: TapFrame): boolean {
    const frame = new Uint8Array(data);
    const clear = video ? ((frame[0] ?? 0) & 1 ? 1 : 10) : 0;
    const kid = keyId(frame.subarray(clear));
    const slot = { mid: "tap", leaf: (kid >>> 11) & 0xfff, kind: KINDS[(kid >>> 8) & 7] ?? ("microphone" as const) };
    this.engine.update(0, updates.expect([slot]));
    return this.engine.open(0, "tap", video ? FrameCodec.Vp8 : FrameCodec.Opus, frame) !== undefined;
  }
}

/** The key id of an SFrame header (RFC 9605 §4.3), as far as it fits 32 bits. */
function keyId(frame: Uint8Array): number {
  const config = (frame[0] ?? 0) >> 4;
  if (config < 8) return config;
  return frame.subarray(1, 2 + (config & 7)).reduce((kid, byte) => ((kid << 8) | byte) >>> 0, 0);
}
