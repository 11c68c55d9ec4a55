/**
 * A camera whose background is blurred. What goes out is only ever what was blurred: before the first such picture there is
 * none, and after the last nothing follows.
 */
import type { BlurCommand, BlurEnd, BlurReport } from "./wire";

/** Loading and the first picture; longer means that something hangs. */
const BEGIN_MS = 30_000;

/** Chromium's, which TypeScript does not know: frames as streams that go on in a tab that nobody looks at. */
interface FrameStreams {
  readonly MediaStreamTrackProcessor?: new (settings: { track: MediaStreamTrack }) => { readonly readable: ReadableStream<VideoFrame> };
  readonly MediaStreamTrackGenerator?: new (settings: { kind: "video" }) => MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
}

/** Whether this browser can do it at all. */
export function canBlur(scope: typeof globalThis = globalThis): boolean {
  return "OffscreenCanvas" in scope && "HTMLCanvasElement" in scope && "captureStream" in scope.HTMLCanvasElement.prototype;
}

export class Blur {
  /** What goes out. */
  readonly track: MediaStreamTrack;
  private readonly camera: MediaStreamTrack;
  private readonly worker: Worker;
  private readonly undo: () => void;
  private over = false;
  private fail: (reason: BlurEnd) => void = () => {};

  /** Begins, or rejects with the reason why it cannot. `ended` hears why it stopped by itself, at once. */
  static async start(camera: MediaStreamTrack, ended: (reason: BlurEnd) => void): Promise<Blur> {
    const blur = new Blur(camera);
    try {
      await blur.begun(ended);
      return blur;
    } catch (error) {
      blur.stop();
      throw error;
    }
  }

  private constructor(camera: MediaStreamTrack) {
    this.camera = camera;
    this.worker = new Worker(new URL("blur.worker.ts", import.meta.url), { type: "module", name: "blur" });
    const { MediaStreamTrackProcessor: Processor, MediaStreamTrackGenerator: Generator } = globalThis as FrameStreams;
    if (Processor && Generator) {
      const generator = new Generator({ kind: "video" });
      const { readable } = new Processor({ track: camera });
      const { writable } = generator;
      this.command({ type: "stream", readable, writable }, [readable, writable]);
      this.track = generator;
      this.undo = () => {};
    } else {
      const pictures = new Pictures(camera, this.worker, () => this.fail("blur_failed"));
      this.track = pictures.track;
      this.undo = () => pictures.close();
      this.command({ type: "pictures" });
    }
    this.track.contentHint = "motion";
  }

  /** Ends it, and closes the camera. */
  stop(): void {
    this.over = true;
    this.worker.terminate();
    this.undo();
    this.track.stop();
    this.camera.stop();
  }

  private begun(ended: (reason: BlurEnd) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail("blur_failed"), BEGIN_MS);
      let running = false;
      this.fail = (reason) => {
        clearTimeout(timer);
        if (this.over) return;
        if (!running) return reject(new Error(reason));
        this.stop();
        ended(reason);
      };
      this.worker.addEventListener("error", () => this.fail("blur_failed"));
      this.worker.addEventListener("message", ({ data }: MessageEvent<BlurReport>) => {
        if (data.type === "ended") this.fail(data.reason);
        if (data.type !== "began") return;
        clearTimeout(timer);
        running = true;
        resolve();
      });
    });
  }

  private command(command: BlurCommand, transfer: Transferable[] = []): void {
    this.worker.postMessage(command, transfer);
  }
}

/** Takes pictures off a camera and shows what comes back, for browsers without streams of frames. */
class Pictures {
  readonly track: MediaStreamTrack;
  private readonly video = document.createElement("video");
  private readonly canvas = document.createElement("canvas");

  constructor(camera: MediaStreamTrack, worker: Worker, failed: () => void) {
    this.video.muted = true;
    this.video.srcObject = new MediaStream([camera]);
    this.video.play().catch(() => {});
    const shown = this.canvas.getContext("bitmaprenderer");
    const [track] = this.canvas.captureStream().getVideoTracks();
    if (!shown || !track) throw new Error("no canvas");
    this.track = track;
    worker.addEventListener("message", ({ data }: MessageEvent<BlurReport>) => {
      if (data.type === "picture") {
        const { width, height } = data.picture;
        if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
        shown.transferFromImageBitmap(data.picture);
      }
      if (data.type === "next") void this.take(worker).catch(() => this.video.srcObject && failed());
    });
  }

  close(): void {
    this.video.srcObject = null;
  }

  private async take(worker: Worker): Promise<void> {
    while (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      if (this.video.srcObject === null) return;
      await new Promise((resolve) => this.video.addEventListener("loadeddata", resolve, { once: true }));
    }
    const picture = await createImageBitmap(this.video);
    const command: BlurCommand = { type: "picture", picture };
    worker.postMessage(command, [picture]);
  }
}
