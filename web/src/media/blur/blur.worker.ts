/** Blurs what is behind a person, away from the page: a frame takes tens of milliseconds. */
import modelUrl from "@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite?url";
import { Composer } from "./compose";
import { Guard, type Judgement } from "./guard";
import { Network } from "./network";
import { readModel } from "./tflite";
import type { BlurCommand, BlurReport } from "./wire";

/** Frames come as the camera gives them; one that is this much early is the right one, in parts of the time between two. */
const EARLY = 0.15;

const guard = new Guard();
const composer = load();
composer.catch(failed);
let began = false;

self.onmessage = ({ data }: MessageEvent<BlurCommand>) => void obey(data).catch(failed);

async function load(): Promise<Composer> {
  const answer = await fetch(modelUrl);
  if (!answer.ok) throw new Error(`the model did not load: ${String(answer.status)}`);
  return new Composer(new Network(readModel(await answer.arrayBuffer())));
}

async function obey(command: BlurCommand): Promise<void> {
  const ready = await composer;
  if (command.type === "stream") return stream(ready, command);
  if (command.type === "pictures") return report({ type: "next" });
  const { picture } = command;
  const start = performance.now();
  const out = ready.compose(picture, picture.width, picture.height, guard.pace.height).transferToImageBitmap();
  picture.close();
  report({ type: "picture", picture: out }, [out]);
  const now = performance.now();
  if (follow(guard.judge(now, now - start))) setTimeout(() => report({ type: "next" }), 1_000 / guard.pace.rate - (now - start));
}

async function stream(ready: Composer, { readable, writable }: Extract<BlurCommand, { type: "stream" }>): Promise<void> {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  let last = -Infinity;
  for (;;) {
    const { value: frame } = await reader.read();
    if (!frame) return;
    const start = performance.now();
    if (start - last < (1_000 / guard.pace.rate) * (1 - EARLY)) {
      frame.close();
      continue;
    }
    last = start;
    const { displayWidth, displayHeight, timestamp } = frame;
    const out = ready.compose(frame, displayWidth, displayHeight, guard.pace.height);
    frame.close();
    const blurred = new VideoFrame(out, { timestamp });
    try {
      await writer.write(blurred);
    } catch {
      // The page has ended the track, and this worker in a moment.
      blurred.close();
      return;
    }
    const now = performance.now();
    if (!follow(guard.judge(now, now - start))) return;
  }
}

/** Whether to go on. */
function follow(judgement: Judgement): boolean {
  if (!began) report({ type: "began" });
  began = true;
  if (judgement === "given_up") report({ type: "ended", reason: "blur_too_slow" });
  return judgement !== "given_up";
}

function failed(error: unknown): void {
  console.error("the background cannot be blurred", error);
  report({ type: "ended", reason: "blur_failed" });
}

function report(what: BlurReport, transfer: Transferable[] = []): void {
  self.postMessage(what, { transfer });
}
