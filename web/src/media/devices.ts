/** Microphone, camera and screen of this computer. */
import type { DeviceChoice, DeviceKind, MediaProblem } from "../state/media";
import { canBlur } from "./blur/blur";
import { problemCode } from "./problems";

/** Where choices are remembered. */
export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const REMEMBERED = "conclave.devices";
const NOISE_SUPPRESSION = "conclave.noise_suppression";
const BACKGROUND_BLUR = "conclave.background_blur";

/** Enough for a full screen on a laptop; more costs every sender's processor. */
const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const MICROPHONE = { echoCancellation: true, autoGainControl: true };

const KINDS: Readonly<Record<string, DeviceKind>> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

export type Chosen = Readonly<Record<DeviceKind, string>>;
export type Choices = Readonly<Record<DeviceKind, readonly DeviceChoice[]>>;

export class Devices {
  private readonly memory: Memory;
  chosen: Chosen;
  /** Whether noise is taken out of one's voice; null where the browser cannot choose. */
  noiseSuppression: boolean | null;
  /** Whether what is behind one is blurred; null where the browser cannot do it. */
  backgroundBlur: boolean | null;

  constructor(memory: Memory) {
    this.memory = memory;
    const canChoose = navigator.mediaDevices?.getSupportedConstraints?.().noiseSuppression === true;
    const { noise, blur } = this.kept();
    this.noiseSuppression = canChoose ? noise : null;
    this.backgroundBlur = canBlur() ? blur : null;
    this.chosen = { microphone: "", camera: "", speaker: "", ...remembered(memory) };
  }

  /** What was chosen last, in whatever tab: whether noise is taken out, and whether what is behind one is blurred. */
  kept(): { readonly noise: boolean; readonly blur: boolean } {
    return { noise: this.memory.getItem(NOISE_SUPPRESSION) !== "off", blur: this.memory.getItem(BACKGROUND_BLUR) === "on" };
  }

  choose(kind: DeviceKind, id: string): void {
    this.chosen = { ...this.chosen, [kind]: id };
    this.memory.setItem(REMEMBERED, JSON.stringify(this.chosen));
  }

  suppressNoise(on: boolean): void {
    if (this.noiseSuppression === null) return;
    this.noiseSuppression = on;
    this.memory.setItem(NOISE_SUPPRESSION, on ? "on" : "off");
  }

  blurBackground(on: boolean): void {
    if (this.backgroundBlur === null) return;
    this.backgroundBlur = on;
    this.memory.setItem(BACKGROUND_BLUR, on ? "on" : "off");
  }

  /** Brings a microphone that is open to what was chosen since. Whether it is; of some browsers it must be opened anew. */
  async adapt(microphone: MediaStreamTrack): Promise<boolean> {
    if (this.noiseSuppression === null) return true;
    const wanted = (): boolean => microphone.getSettings().noiseSuppression === this.noiseSuppression;
    if (wanted()) return true;
    await microphone.applyConstraints(this.microphone()).catch(() => {});
    return wanted();
  }

  /** What there is to choose from. */
  async list(): Promise<Choices> {
    const found = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const choices = { microphone: [], camera: [], speaker: [] } as Record<DeviceKind, DeviceChoice[]>;
    for (const { kind, deviceId, label } of found) {
      const ours = KINDS[kind];
      // "default" and "communications" are other names of devices that are listed anyway.
      if (ours && deviceId !== "default" && deviceId !== "communications") choices[ours].push({ id: deviceId, label });
    }
    return choices;
  }

  /** The chosen device, or any other when it is not there any more; a problem when there is none to be had. */
  async open(kind: "microphone" | "camera"): Promise<MediaStreamTrack | MediaProblem> {
    const id = this.chosen[kind];
    try {
      return await this.capture(kind, id);
    } catch (error) {
      if (id !== "" && error instanceof Error && error.name === "OverconstrainedError") {
        try {
          return await this.capture(kind, "");
        } catch (second) {
          return this.problem(second, kind);
        }
      }
      return this.problem(error, kind);
    }
  }

  /** A screen, a window or a tab, as the person chooses in the browser's dialog; null when the dialog was closed. */
  async openScreen(): Promise<MediaStreamTrack | MediaProblem | null> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } } });
      const track = stream.getVideoTracks()[0];
      if (!track) return { code: "device_failed", device: "screen" };
      track.contentHint = "detail";
      return track;
    } catch (error) {
      const problem = await this.problem(error, "screen");
      // Closing the dialog of one's own is no problem to be told of.
      return problem.code === "blocked_by_system" || problem.code === "in_use" || problem.code === "device_failed" ? problem : null;
    }
  }

  private async capture(kind: "microphone" | "camera", id: string): Promise<MediaStreamTrack> {
    const device = id === "" ? {} : { deviceId: { exact: id } };
    const stream = await navigator.mediaDevices.getUserMedia(
      kind === "microphone" ? { audio: { ...this.microphone(), ...device } } : { video: { ...CAMERA, ...device } },
    );
    const track = stream.getTracks()[0];
    if (!track) throw new DOMException("no track", "NotFoundError");
    if (kind === "camera") track.contentHint = "motion";
    return track;
  }

  private microphone(): MediaTrackConstraints {
    return { ...MICROPHONE, noiseSuppression: this.noiseSuppression ?? true };
  }

  private async problem(error: unknown, device: "microphone" | "camera" | "screen"): Promise<MediaProblem> {
    const secure = navigator.mediaDevices !== undefined;
    const permission = device === "screen" ? null : await permissionOf(device);
    return { code: problemCode(error, { secure, permission }), device };
  }
}

async function permissionOf(device: "microphone" | "camera"): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: device })).state;
  } catch {
    return null;
  }
}

function remembered(memory: Memory): Partial<Chosen> {
  try {
    const kept: unknown = JSON.parse(memory.getItem(REMEMBERED) ?? "{}");
    const entries = Object.entries(kept ?? {}).filter(([, id]) => typeof id === "string");
    return Object.fromEntries(entries) as Partial<Chosen>;
  } catch {
    return {};
  }
}
