/** Records a voice note from the microphone, in memory. */
import { Store, type Readable } from "../state/observable";
import { levelOf, waveformOf } from "./waveform";

export interface VoiceNote {
  readonly blob: Blob;
  /** `type/subtype`. */
  readonly mediaType: string;
  readonly durationMs: number;
  readonly waveform: Uint8Array<ArrayBuffer>;
}

/** A recording under way. */
export interface Recording {
  /** How long it is, and how loud it is now (0 to 1). */
  readonly now: Readable<{ readonly ms: number; readonly level: number }>;
  /** Ends it. It also ends by itself, at the longest; `done` tells. */
  stop(): void;
  /** Throws it away. */
  discard(): void;
  /** Nothing where it was thrown away, or nothing was recorded. */
  readonly done: Promise<VoiceNote | null>;
}

/** Why there is no recording. */
export type RecordingProblem = "voice.denied" | "voice.unsupported";

/** Starts one, or says why not. */
export type Record = () => Promise<Recording | RecordingProblem>;

/** Longer is a speech, and would be lost as a whole if the page stopped. */
export const MAX_VOICE_NOTE_MS = 15 * 60 * 1_000;

const STEP_MS = 100;

/** Speech is clear with this much. */
const BITS_PER_SECOND = 32_000;

/** What other browsers play, the best first. */
const TYPES = ["audio/webm;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/mp4", "audio/ogg;codecs=opus"];

export const recordVoice: Record = async () => {
  const type = typeof MediaRecorder === "undefined" ? undefined : TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  if (type === undefined || !("mediaDevices" in navigator)) return "voice.unsupported";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } });
    return new MicrophoneRecording(stream, type);
  } catch {
    return "voice.denied";
  }
};

class MicrophoneRecording implements Recording {
  readonly now = new Store({ ms: 0, level: 0 });
  readonly done: Promise<VoiceNote | null>;
  private readonly stream: MediaStream;
  private readonly recorder: MediaRecorder;
  private readonly context = new AudioContext();
  private readonly levels: number[] = [];
  private readonly parts: Blob[] = [];
  private readonly began = performance.now();
  private readonly timer: ReturnType<typeof setInterval>;
  private discarded = false;

  constructor(stream: MediaStream, type: string) {
    this.stream = stream;
    this.recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 2_048;
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const [ms, level] = [performance.now() - this.began, levelOf(samples)];
      this.levels.push(level);
      this.now.set({ ms, level });
      if (ms >= MAX_VOICE_NOTE_MS) this.stop();
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

  discard(): void {
    this.discarded = true;
    this.stop();
  }

  private finish(): VoiceNote | null {
    clearInterval(this.timer);
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
    const mediaType = (this.recorder.mimeType.split(";")[0] ?? "").trim() || "audio/webm";
    const blob = new Blob(this.parts, { type: mediaType });
    this.parts.length = 0;
    if (this.discarded || blob.size === 0) return null;
    return { blob, mediaType, durationMs: Math.round(performance.now() - this.began), waveform: waveformOf(this.levels) };
  }
}
