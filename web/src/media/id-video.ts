/** Records an ID video from camera and microphone, in memory. */
import { Store, type Readable } from "../state/observable";
import type { MediaProblem } from "../state/media";
import { problemCode } from "./problems";

export interface IdVideo {
  readonly blob: Blob;
  /** `type/subtype`. */
  readonly mediaType: string;
  readonly durationMs: number;
}

/** A recording under way. */
export interface IdRecording {
  /** How long it is. */
  readonly ms: Readable<number>;
  /** Ends it. It also ends by itself at the longest; `done` tells. */
  stop(): void;
  /** Nothing where nothing was recorded. */
  readonly done: Promise<IdVideo | null>;
}

/** A camera that is on, and sees whoever is to be recorded. */
export interface IdCamera {
  readonly stream: MediaStream;
  record(maxMs: number): IdRecording;
  /** Turns it off. */
  close(): void;
}

export type OpenIdCamera = () => Promise<IdCamera | MediaProblem>;

/** A face at this size is known again; more only takes longer on its way. */
const CAMERA = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24 }, facingMode: "user" };
const VIDEO_BITS_PER_SECOND = 1_200_000;
const AUDIO_BITS_PER_SECOND = 48_000;

const STEP_MS = 100;

/** What other browsers play, the best first. */
const TYPES = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/mp4"];

export const openIdCamera: OpenIdCamera = async () => {
  const secure = "mediaDevices" in navigator;
  const type = typeof MediaRecorder === "undefined" ? undefined : TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  if (secure && type === undefined) return { code: "device_failed", device: "camera" };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: CAMERA, audio: { echoCancellation: true, noiseSuppression: true } });
    return new RecordingCamera(stream, type ?? "");
  } catch (error) {
    return { code: problemCode(error, { secure, permission: null }), device: "camera" };
  }
};

class RecordingCamera implements IdCamera {
  readonly stream: MediaStream;
  private readonly type: string;

  constructor(stream: MediaStream, type: string) {
    this.stream = stream;
    this.type = type;
  }

  record(maxMs: number): IdRecording {
    return new CameraRecording(this.stream, this.type, maxMs);
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }
}

class CameraRecording implements IdRecording {
  readonly ms = new Store(0);
  readonly done: Promise<IdVideo | null>;
  private readonly recorder: MediaRecorder;
  private readonly parts: Blob[] = [];
  private readonly began = performance.now();
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly maxMs: number;

  constructor(stream: MediaStream, type: string, maxMs: number) {
    this.maxMs = maxMs;
    this.recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: VIDEO_BITS_PER_SECOND, audioBitsPerSecond: AUDIO_BITS_PER_SECOND });
    this.timer = setInterval(() => {
      const ms = performance.now() - this.began;
      this.ms.set(Math.min(ms, maxMs));
      if (ms >= maxMs) this.stop();
    }, STEP_MS);
    this.recorder.addEventListener("dataavailable", ({ data }) => this.parts.push(data));
    this.done = new Promise((resolve) => {
      this.recorder.addEventListener("stop", () => resolve(this.finish()), { once: true });
      this.recorder.addEventListener("error", () => resolve(this.finish()), { once: true });
    });
    this.recorder.start(1_000);
  }

  stop(): void {
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }

  private finish(): IdVideo | null {
    clearInterval(this.timer);
    const mediaType = (this.recorder.mimeType.split(";")[0] ?? "").trim() || "video/webm";
    const blob = new Blob(this.parts, { type: mediaType });
    this.parts.length = 0;
    const durationMs = Math.min(Math.round(performance.now() - this.began), this.maxMs);
    return blob.size === 0 ? null : { blob, mediaType, durationMs };
  }
}
