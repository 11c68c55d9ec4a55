/**
 * The frame-transform worker of one call: seals what leaves and opens what comes. It lives as long as the call, for
 * a sealing engine that was lost must not be followed by another with the same leaf and epoch.
 */
import init, { FrameEngine, FrameKind } from "./generated/wasm/media";
import wasm from "./generated/wasm/media_bg.wasm?url";
import { TAPPED } from "./test-builds";
import { Tap } from "./worker/tap";
import type { Frame } from "./worker/forms";
import { ReceiveTransform, SendTransform } from "./worker/transforms";
import type { AgreedCodec, FrameCommand, FrameReport, MediaBytes, TransformOptions } from "./wire";

/** How often keys are let die and quiet receivers noticed. */
const TICK_MS = 500;

const KINDS = { microphone: FrameKind.Microphone, camera: FrameKind.Camera, screen: FrameKind.Screen } as const;

interface Transformer {
  readonly readable: ReadableStream<Frame>;
  readonly writable: WritableStream<Frame>;
  readonly options: TransformOptions;
  sendKeyFrameRequest?(): Promise<void>;
}

let tap: Tap | null = null;

const loading = load();
const senders = new Map<number, SendTransform>();
const receivers = new Map<number, ReceiveTransform>();
const mids = new Map<number, string>();
const agreed = new Map<number, readonly AgreedCodec[]>();

// Set before anything is awaited: an event that nobody hears would be lost. Until the engine is there, nothing is
// read and so nothing gets through.
self.addEventListener("rtctransform", (event) => {
  const { transformer } = event as Event & { transformer: Transformer };
  void attach(transformer);
});

self.onmessage = ({ data }: MessageEvent<FrameCommand>) => void obey(data);

async function obey(command: FrameCommand): Promise<void> {
  switch (command.type) {
    case "core":
      command.port.onmessage = ({ data }: MessageEvent<MediaBytes>) => void update(data);
      return;
    case "mid": {
      mids.set(command.id, command.mid);
      const receiver = receivers.get(command.id);
      if (receiver) receiver.mid = command.mid;
      return;
    }
    case "agreed":
      agreed.set(command.id, command.codecs);
      senders.get(command.id)?.agree(command.codecs);
      receivers.get(command.id)?.agree(command.codecs);
      return;
    case "close":
      senders.get(command.id)?.close();
      receivers.get(command.id)?.close();
      senders.delete(command.id);
      receivers.delete(command.id);
      mids.delete(command.id);
      agreed.delete(command.id);
      return;
    case "repeat":
      return senders.get(command.id)?.repeat(command.depth);
    case "tap":
      await loading;
      tap?.listen(command.port);
      return;
    case "counts": {
      const counts = [...senders.values(), ...receivers.values()].map(({ id, in: taken, out }) => ({ id, in: taken, out }));
      return tell({ type: "counts", request: command.request, counts });
    }
  }
}

async function load(): Promise<FrameEngine | null> {
  try {
    await init({ module_or_path: wasm });
    if (TAPPED) tap = new Tap();
    setInterval(tick, TICK_MS);
    return new FrameEngine();
  } catch (error) {
    console.error("the sealing of media could not be loaded", error);
    tell({ type: "failed" });
    return null;
  }
}

/** Updates are applied in the order in which they came, for each waits for the same promise. */
async function update(bytes: MediaBytes): Promise<void> {
  const engine = await loading;
  try {
    tap?.update(bytes);
    engine?.update(performance.now(), bytes);
  } catch (error) {
    console.error("a media update was refused", error);
    // The core that leads is of another version of the page. Without its keys there is no call here.
    if (error instanceof Error && error.message === "unreadable_update") tell({ type: "failed" });
  } finally {
    bytes.fill(0);
  }
  for (const receiver of receivers.values()) receiver.retry();
}

async function attach(transformer: Transformer): Promise<void> {
  const { options, readable, writable } = transformer;
  const { id } = options;
  const engine = await loading;
  if (!engine) return tell({ type: "refused", id, code: "sealing_failed" });
  try {
    if (options.role === "send") {
      const sender = new SendTransform(id, options.kind !== "microphone", engine, engine.attach(KINDS[options.kind]));
      sender.agree(agreed.get(id) ?? null);
      senders.set(id, sender);
      void sender.pipe(readable, writable).catch(() => sender.close());
    } else {
      const video = options.media === "video";
      const receiver = new ReceiveTransform(id, video, engine, {
        receiver: (state, leaf) => tell({ type: "receiver", id, state, leaf }),
        // Only some browsers let a worker ask; elsewhere the decoder notices by itself, a little later.
        keyFrameWanted: () => void transformer.sendKeyFrameRequest?.().catch(() => {}),
        ...(tap && { received: (data: ArrayBuffer) => tap?.received(data, video) }),
      });
      receiver.mid = mids.get(id) ?? null;
      receiver.agree(agreed.get(id) ?? null);
      receivers.set(id, receiver);
      void receiver.pipe(readable, writable).catch(() => receiver.close());
    }
    tell({ type: "attached", id });
  } catch (error) {
    tell({ type: "refused", id, code: error instanceof Error ? error.message : "sealing_failed" });
  }
}

async function tick(): Promise<void> {
  const engine = await loading;
  engine?.expire(performance.now());
  for (const receiver of receivers.values()) receiver.tick();
}

function tell(message: FrameReport): void {
  self.postMessage(message);
}
