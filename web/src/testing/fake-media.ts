import type { Reading } from "../state/statistics";
import type { ParticipantAsk } from "../core/generated/ParticipantAsk";
import type { VideoCard } from "../core/generated/VideoCard";
import { matters, stillAsked, withAsked } from "../state/asks";
import type { CoreClient, Failure } from "../state/core";
import type { DeviceKind, MediaCall, MediaProblem, MediaView } from "../state/media";
import { paintedStream } from "./painted-stream";

const START: MediaView = {
  microphone: true,
  camera: true,
  screen: false,
  hand: false,
  preview: null,
  ownScreen: null,
  remote: [],
  speaker: null,
  devices: {
    microphone: [
      { id: "m1", label: "Built-in microphone" },
      { id: "m2", label: "USB headset" },
    ],
    camera: [{ id: "c1", label: "Front camera" }],
    speaker: [{ id: "s1", label: "Built-in speakers" }],
  },
  chosen: { microphone: "m1", camera: "c1", speaker: "s1" },
  noiseSuppression: true,
  backgroundBlur: false,
  canChooseSpeaker: true,
  canShareScreen: true,
  problems: [],
  asked: [],
  talkingWhileMuted: false,
  connection: "idle",
  network: "ready",
};

/** Counters that go up by the same amounts from one reading to the next. */
function someReadings(): () => Reading {
  let count = 0;
  return () => {
    count += 1;
    const pair = { id: "pair", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "local", currentRoundTripTime: 0.042 };
    const local = { id: "local", type: "local-candidate", protocol: "udp", candidateType: "host" };
    const codecs = [
      { id: "opus", type: "codec", mimeType: "audio/opus" },
      { id: "vp8", type: "codec", mimeType: "video/VP8" },
    ];
    const picture = { codecId: "vp8", frameWidth: 1280, frameHeight: 720, framesPerSecond: 30 };
    const received = { type: "inbound-rtp", jitter: 0.008 };
    return {
      at: count * 2_000,
      publish: [
        { ...pair, availableOutgoingBitrate: 2_600_000, bytesSent: count * 420_000 },
        local,
        ...codecs,
        { id: "own-voice", type: "outbound-rtp", mid: "0", codecId: "opus", bytesSent: count * 10_000 },
        { id: "own-picture", type: "outbound-rtp", mid: "1", ...picture, bytesSent: count * 400_000, qualityLimitationReason: "bandwidth" },
      ],
      subscribe: [
        { ...pair, bytesReceived: count * 350_000 },
        local,
        ...codecs,
        { ...received, id: "voice", mid: "0", codecId: "opus", bytesReceived: count * 10_000, packetsReceived: count * 100, packetsLost: 0 },
        { ...received, id: "picture", mid: "1", ...picture, bytesReceived: count * 330_000, packetsReceived: count * 300, packetsLost: count * 15 },
      ],
      lanes: [
        { mid: "0", kind: "microphone" },
        { mid: "1", kind: "camera" },
      ],
      slots: [
        { mid: "0", leaf: 0, kind: "microphone", paused: false },
        { mid: "1", leaf: 1, kind: "camera", paused: false },
      ],
    };
  };
}

/** Media that shows painted pictures instead of people. */
export class FakeMedia implements MediaCall {
  readonly #core: CoreClient;
  readonly #listeners = new Set<() => void>();
  readonly #paint: boolean;
  /** What was asked to be shown, for tests. */
  shown: readonly VideoCard[] = [];
  /** How often the network was tried. */
  tries = 0;
  #view: MediaView = START;
  /** What is measured. */
  readings: () => Reading | null = someReadings();

  /** `paint` needs a canvas, which test environments without a browser lack. */
  constructor(core: CoreClient, paint: boolean) {
    this.#core = core;
    this.#paint = paint;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  view(): MediaView {
    return this.#view;
  }

  level(): number {
    return this.#view.microphone ? 0.35 : 0;
  }

  /** Changes what the views see. */
  set(change: Partial<MediaView>): void {
    const next = { ...this.#view, ...change };
    this.#view = { ...next, asked: stillAsked(next.asked, next) };
    for (const listener of this.#listeners) listener();
  }

  /** Somebody who may asks something of this device. */
  ask(ask: ParticipantAsk, by: string): void {
    const view = this.#view;
    if (!matters(ask, view)) return;
    this.set({
      microphone: ask === "mute" ? false : view.microphone,
      hand: ask === "lower_hand" ? false : view.hand,
      asked: withAsked(view.asked, { ask, by }),
    });
  }

  prepare(): Promise<void> {
    this.set({ preview: this.#stream("Alice Moreau") });
    return Promise.resolve();
  }

  tryNetwork(): Promise<void> {
    this.tries += 1;
    return Promise.resolve();
  }

  async join(roomId: string): Promise<Failure | null> {
    const reply = await this.#core.send({ type: "join_call", room_id: roomId });
    if (reply.type === "failed") return reply.value;
    this.set({
      connection: "connected",
      preview: this.#stream("Alice Moreau"),
      remote: [
        { leaf: 0, kind: "camera", state: "live", stream: this.#stream("Bob Okafor") },
        { leaf: 1, kind: "camera", state: "waiting-for-key", stream: null },
        { leaf: 3, kind: "camera", state: "off", stream: null },
      ],
    });
    return null;
  }

  reading(): Promise<Reading | null> {
    return Promise.resolve(this.#view.connection === "connected" ? this.readings() : null);
  }

  async leave(): Promise<void> {
    await this.#core.send({ type: "leave_call" });
    this.set({ ...START, problems: [] });
  }

  close(): void {
    this.set(START);
  }

  setMicrophone(on: boolean): Promise<void> {
    this.set({ microphone: on });
    return Promise.resolve();
  }

  setCamera(on: boolean): Promise<void> {
    this.set({ camera: on });
    return Promise.resolve();
  }

  setScreen(on: boolean): Promise<void> {
    this.set({ screen: on });
    return Promise.resolve();
  }

  setHand(up: boolean): Promise<void> {
    this.set({ hand: up });
    return Promise.resolve();
  }

  chooseDevice(kind: DeviceKind, id: string): Promise<void> {
    this.set({ chosen: { ...this.#view.chosen, [kind]: id } });
    return Promise.resolve();
  }

  setNoiseSuppression(on: boolean): Promise<void> {
    this.set({ noiseSuppression: on });
    return Promise.resolve();
  }

  setBackgroundBlur(on: boolean): Promise<void> {
    this.set({ backgroundBlur: on });
    return Promise.resolve();
  }

  takeChoices(): Promise<void> {
    return Promise.resolve();
  }

  playTestSound(): Promise<void> {
    return Promise.resolve();
  }

  resumeAudio(): Promise<void> {
    this.set({ problems: this.#view.problems.filter((problem) => problem.code !== "autoplay_blocked") });
    return Promise.resolve();
  }

  putAway(ask: ParticipantAsk): void {
    this.set({ asked: this.#view.asked.filter((each) => each.ask !== ask) });
  }

  dismiss(problem: MediaProblem): void {
    this.set({ problems: this.#view.problems.filter((other) => other !== problem) });
  }

  show(video: readonly VideoCard[]): void {
    this.shown = video;
  }

  #stream(name: string): MediaStream | null {
    return this.#paint ? paintedStream(name) : null;
  }
}
