/** Puts frames that were encoded before in the place of those of small encoders, and seals them. */
import init, { FrameCodec, FrameEngine, FrameKind } from "../src/core/generated/wasm/media";
import * as updates from "../src/core/media-updates.mjs";
import { epochOf } from "./epoch.ts";
import type { Clip } from "./tiles.ts";

interface Sending {
  readonly readable: ReadableStream<RTCEncodedVideoFrame>;
  readonly writable: WritableStream<RTCEncodedVideoFrame>;
  readonly options: { readonly leaf: number };
}

const engine = init({ module_or_path: new URL("../src/core/generated/wasm/media_bg.wasm", import.meta.url) });
const told = new Promise<{ clips: Clip[]; members: number[] }>((resolve) => {
  self.addEventListener("message", ({ data }: MessageEvent<{ clips: Clip[]; members: number[] }>) => resolve(data));
});

self.addEventListener("rtctransform", (event) => {
  void send((event as Event & { transformer: Sending }).transformer);
});

async function send({ readable, writable, options: { leaf } }: Sending): Promise<void> {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  await engine;
  const { clips, members } = await told;
  const frames = new FrameEngine();
  frames.update(performance.now(), epochOf(leaf, members, 1));
  frames.update(performance.now(), updates.sendWith(1));
  const sealer = frames.attach(FrameKind.Camera);
  let next = 0;
  for (;;) {
    const { value: frame } = await reader.read();
    if (!frame) return;
    // Whoever asks for a key frame gets the beginning.
    if (frame.type === "key") next = 0;
    const clip = clips[next++];
    if (!clip || clip.key !== (frame.type === "key")) continue;
    const sealed = frames.seal(performance.now(), sealer, FrameCodec.Vp8, clip.key, new Uint8Array(clip.data));
    if (!sealed) continue;
    frame.data = sealed.buffer as ArrayBuffer;
    void writer.write(frame);
  }
}
