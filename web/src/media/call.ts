/** The devices and the media of one call; see `MediaCall` for what it promises. */
import type { CallView } from "../core/generated/CallView";
import type { IceServerCard } from "../core/generated/IceServerCard";
import type { ParticipantAsk } from "../core/generated/ParticipantAsk";
import type { VideoCard } from "../core/generated/VideoCard";
import type { TrackKind } from "../core/wire";
import { matters, stillAsked, withAsked } from "../state/asks";
import type { CoreClient, CoreEvent, Failure } from "../state/core";
import type { DeviceKind, MediaCall, MediaProblem, MediaView } from "../state/media";
import type { Reading } from "../state/statistics";
import { Blur } from "./blur/blur";
import type { BlurEnd } from "./blur/wire";
import { Devices, type Choices, type Memory } from "./devices";
import type { KeySource } from "./frames";
import { Loudness } from "./loudness";
import { hasEncodedTransforms } from "./problems";
import { sameVideos } from "./remote";
import { Session } from "./session";
import { Speaker, canChooseSpeaker } from "./speaker";
import { tryNetwork } from "./trial";

type Core = CoreClient & KeySource;

/** Who said "not now" is not asked to unmute again for this long. */
const QUIET_MS = 30_000;

const IDLE: MediaView = {
  microphone: false,
  camera: false,
  screen: false,
  hand: false,
  preview: null,
  ownScreen: null,
  remote: [],
  speaker: null,
  devices: null,
  chosen: { microphone: "", camera: "", speaker: "" },
  noiseSuppression: null,
  backgroundBlur: null,
  canChooseSpeaker,
  canShareScreen: typeof navigator !== "undefined" && "getDisplayMedia" in (navigator.mediaDevices ?? {}),
  problems: [],
  asked: [],
  talkingWhileMuted: false,
  connection: "idle",
  network: null,
};

/** Others put an end to the call for this device. */
function isOver(phase: CallView["phase"]): boolean {
  return phase === "removed" || phase === "ended";
}

export class Call implements MediaCall {
  private readonly core: Core;
  private readonly devices: Devices;
  private readonly speaker = new Speaker(() => this.tell({ code: "autoplay_blocked", device: "speaker" }));
  private readonly loudness = new Loudness((talking) => this.hearOwnVoice(talking));
  private readonly listeners = new Set<() => void>();
  private current: MediaView;
  private readonly tracks: Record<TrackKind, MediaStreamTrack | null> = { microphone: null, camera: null, screen: null };
  /** What blurs the camera; the camera's track is then what comes out of it. */
  private blur: Blur | null = null;
  private session: Session | null = null;
  /** The call as the core tells it, for those who join late to it. */
  private call: CallView | null = null;
  private bindings: Pick<CoreEvent & { type: "slots" }, "slots" | "watched"> = { slots: [], watched: [] };
  private wanted: readonly VideoCard[] = [];
  private known: ReadonlySet<string> = new Set();
  private online = true;
  private joined = false;
  private again = false;
  /** The microphone is about to be on. */
  private opening = false;
  private cameraWanted = false;
  /** Until when nobody's question to unmute is shown. */
  private quietUntil = 0;
  /** Counts the words about a device: while it opens another may come, and the last one holds. */
  private readonly turns = { microphone: 0, camera: 0 };
  /** Others put an end to the call, which the core shows until one leaves it. */
  private putOut = false;
  /** Counts how often everything was given back: a device that opens after is of no use any more. */
  private released = 0;

  constructor(core: Core, memory: Memory) {
    this.core = core;
    this.devices = new Devices(memory);
    const { chosen, noiseSuppression, backgroundBlur } = this.devices;
    this.current = { ...IDLE, chosen, noiseSuppression, backgroundBlur };
    core.onEvent((event) => this.hear(event));
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.devicesChanged());
    if (this.devices.chosen.speaker !== "") void this.speaker.choose(this.devices.chosen.speaker);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  view(): MediaView {
    return this.current;
  }

  level(): number {
    return this.loudness.level();
  }

  async prepare(): Promise<void> {
    if (this.session) return;
    this.change({ problems: [] });
    if (!hasEncodedTransforms()) return this.tell({ code: "no_encoded_transforms", device: null });
    await Promise.all([this.setMicrophone(true), this.setCamera(true)]);
    await this.list();
  }

  async tryNetwork(): Promise<void> {
    if (this.current.network === "checking" || !hasEncodedTransforms()) return;
    this.change({ network: "checking" });
    this.change({ network: await tryNetwork(this.core) });
  }

  async join(roomId: string): Promise<Failure | null> {
    if (!hasEncodedTransforms()) {
      this.tell({ code: "no_encoded_transforms", device: null });
      return { code: "no_encoded_transforms", params: {} };
    }
    if (this.session) await this.leave();
    this.call = null;
    this.bindings = { slots: [], watched: [] };
    const session = new Session(this.core, this.speaker, {
      changed: () => this.follow(session),
      problem: (problem) => this.tell(problem),
      unsealed: (kind) => this.unsealed(kind),
      ended: () => this.session === session && void this.leave(),
      ownLoudness: () => (this.current.microphone ? this.loudness.rms() : 0),
    });
    this.session = session;
    const reply = await this.core.send({ type: "join_call", room_id: roomId });
    if (reply.type !== "call_entered") {
      // The preview goes on: one may try again.
      if (this.session === session) this.endSession();
      return reply.type === "failed" ? reply.value : { code: "not_ready", params: {} };
    }
    if (this.session === session) this.enter(session, reply.value);
    return null;
  }

  async reading(): Promise<Reading | null> {
    return (await this.session?.reading()) ?? null;
  }

  async leave(): Promise<void> {
    const inCall = this.session !== null || this.putOut;
    this.putOut = false;
    this.release();
    if (inCall) await this.core.send({ type: "leave_call" });
  }

  close(): void {
    if (!this.session) this.release();
  }

  /** When off within a call the device stays open, so that "you are muted" can be told; nothing is sent of it. */
  async setMicrophone(on: boolean): Promise<void> {
    const turn = (this.turns.microphone += 1);
    this.opening = on;
    const open = !on || this.tracks.microphone !== null || (await this.open("microphone"));
    if (turn !== this.turns.microphone) return;
    this.opening = false;
    // One that was on, and cannot be opened anew, is off.
    if (!open && !this.current.microphone) return;
    const heard = on && open;
    this.change({ microphone: heard, talkingWhileMuted: false });
    await this.session?.send("microphone", heard ? this.tracks.microphone : null);
    this.signal();
  }

  /** When off the device is closed, so that its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    const turn = (this.turns.camera += 1);
    this.cameraWanted = on;
    const open = !on || this.tracks.camera !== null || (await this.open("camera"));
    if (turn !== this.turns.camera) {
      // Switched off while it opened.
      if (!this.cameraWanted) this.closeTrack("camera");
      return;
    }
    // One that was on, and cannot be opened anew, is off.
    if (!open && !this.current.camera) return;
    const shown = on && open;
    if (!shown) this.closeTrack("camera");
    const track = this.tracks.camera;
    this.change({ camera: shown, preview: track && new MediaStream([track]) });
    await this.session?.send("camera", track);
    this.signal();
  }

  async setScreen(on: boolean): Promise<void> {
    if (on) {
      if (this.tracks.screen) return;
      const { released } = this;
      const track = await this.devices.openScreen();
      if (track === null) return;
      if (released !== this.released) return track instanceof MediaStreamTrack ? track.stop() : undefined;
      if (!(track instanceof MediaStreamTrack)) return this.tell(track);
      this.tracks.screen = track;
      // The browser has a button of its own to end it.
      track.addEventListener("ended", () => this.tracks.screen === track && void this.setScreen(false));
    } else this.closeTrack("screen");
    const track = this.tracks.screen;
    this.change({ screen: on, ownScreen: track && new MediaStream([track]) });
    await this.session?.send("screen", track);
    this.signal();
  }

  async setHand(up: boolean): Promise<void> {
    this.change({ hand: up });
    this.signal();
    return Promise.resolve();
  }

  async chooseDevice(kind: DeviceKind, id: string): Promise<void> {
    this.devices.choose(kind, id);
    this.change({ chosen: this.devices.chosen });
    if (kind === "speaker") return this.speaker.choose(id);
    const on = this.current[kind];
    this.closeTrack(kind);
    if (kind === "microphone") await this.setMicrophone(on);
    else await this.setCamera(on);
  }

  async setNoiseSuppression(on: boolean): Promise<void> {
    this.devices.suppressNoise(on);
    this.change({ noiseSuppression: this.devices.noiseSuppression });
    const before = this.tracks.microphone;
    // One that opens just now is adapted when it is open.
    if (!before || (await this.devices.adapt(before)) || this.tracks.microphone !== before) return;
    // Closed first: of a device that is open, Chromium gives everybody what it gives already.
    this.closeTrack("microphone");
    await this.setMicrophone(this.current.microphone || this.opening);
  }

  async setBackgroundBlur(on: boolean): Promise<void> {
    if (on === this.devices.backgroundBlur) return;
    this.devices.blurBackground(on);
    this.change({ backgroundBlur: this.devices.backgroundBlur });
    // One that opens just now is opened anew when it is open.
    if (!this.tracks.camera) return;
    this.closeTrack("camera");
    await this.setCamera(this.current.camera);
  }

  async takeChoices(): Promise<void> {
    const { noise, blur } = this.devices.kept();
    // Where the browser cannot do it, there is nothing to take.
    if (this.devices.noiseSuppression === !noise) await this.setNoiseSuppression(noise);
    if (this.devices.backgroundBlur === !blur && (blur || !this.current.camera)) await this.setBackgroundBlur(blur);
  }

  async playTestSound(): Promise<void> {
    await this.speaker.test();
  }

  resumeAudio(): Promise<void> {
    this.speaker.resume();
    this.session?.resume();
    this.change({ problems: this.current.problems.filter(({ code }) => code !== "autoplay_blocked") });
    return Promise.resolve();
  }

  putAway(ask: ParticipantAsk): void {
    this.quietUntil = performance.now() + QUIET_MS;
    this.change({ asked: this.current.asked.filter((each) => each.ask !== ask) });
  }

  dismiss(problem: MediaProblem): void {
    this.change({ problems: this.current.problems.filter((each) => each !== problem) });
  }

  show(video: readonly VideoCard[]): void {
    this.wanted = video;
    void this.session?.show(video);
  }

  private enter(session: Session, entered: { readonly ice_servers: IceServerCard[]; readonly constant_bitrate: boolean }): void {
    session.setOnline(this.online);
    session.connect(entered.ice_servers, entered.constant_bitrate);
    session.call(this.call);
    session.slots(this.bindings);
    void session.show(this.wanted);
    const { microphone, camera } = this.current;
    void session.send("microphone", microphone ? this.tracks.microphone : null);
    void session.send("camera", camera ? this.tracks.camera : null);
    this.signal();
  }

  private hear(event: CoreEvent): void {
    if (event.type === "call") {
      const before = this.call;
      this.call = event.call;
      this.session?.call(event.call);
      // Rooms may still be catching up while the call can be asked for already.
      this.online = event.call?.phase !== "reconnecting";
      this.session?.setOnline(this.online);
      if (this.session && before && (!event.call || isOver(event.call.phase))) {
        this.release();
        this.putOut = event.call !== null;
      }
      else this.followPhase(event.call?.phase ?? null);
    } else if (event.type === "slots") {
      this.bindings = event;
      this.session?.slots(event);
    } else if (event.type === "call_ask") this.heed(event.ask, event.name);
  }

  /** Does what somebody asks who may; the core has checked that. Nothing is ever turned on. */
  private heed(ask: ParticipantAsk, by: string): void {
    const { microphone, hand } = this.current;
    if (!this.session || !matters(ask, { microphone: microphone || this.opening, hand })) return;
    if (ask === "unmute" && performance.now() < this.quietUntil) return;
    if (ask === "mute") void this.setMicrophone(false);
    else if (ask === "lower_hand") void this.setHand(false);
    this.change({ asked: withAsked(this.current.asked, { ask, by }) });
  }

  /** A call that is joined a second time has none of the connections: the device moved to another tab. */
  private followPhase(phase: CallView["phase"] | null): void {
    if (phase === "joining") this.again = this.joined;
    if (phase !== "joined") return;
    this.joined = true;
    if (!this.again) return;
    this.again = false;
    this.session?.restart();
    this.signal();
  }

  /** Gives everything back. */
  private endSession(): void {
    this.session?.close();
    this.session = null;
    this.call = null;
    this.bindings = { slots: [], watched: [] };
    this.wanted = [];
    this.joined = false;
    this.again = false;
    this.change({ remote: [], speaker: null, connection: "idle" });
  }

  private release(): void {
    this.endSession();
    this.released += 1;
    this.opening = false;
    for (const kind of ["microphone", "camera", "screen"] as const) this.closeTrack(kind);
    const { devices, chosen, noiseSuppression, backgroundBlur, network, problems } = this.current;
    this.change({ ...IDLE, devices, chosen, noiseSuppression, backgroundBlur, network, problems: problems.filter(({ code }) => code !== "autoplay_blocked") });
  }

  private follow(session: Session): void {
    if (this.session !== session) return;
    const { connection, remote, speaker } = session.view();
    const same = sameVideos(remote, this.current.remote);
    if (same && connection === this.current.connection && speaker === this.current.speaker) return;
    this.change({ connection, speaker, remote: same ? this.current.remote : remote });
  }

  /** Tells the others what is on. */
  private signal(): void {
    if (!this.session?.entered) return;
    const { microphone, camera, screen, hand } = this.current;
    void this.core.send({ type: "set_media", microphone, camera, screen, hand });
  }

  private async open(kind: "microphone" | "camera"): Promise<boolean> {
    const { released } = this;
    const { noiseSuppression, backgroundBlur } = this.devices;
    const track = await this.devices.open(kind);
    const blurs = kind === "camera" && backgroundBlur === true && track instanceof MediaStreamTrack;
    const blur = blurs ? await this.blurred(track) : null;
    const close = (): void => {
      blur?.stop();
      if (track instanceof MediaStreamTrack) track.stop();
    };
    if (released !== this.released) {
      close();
      return false;
    }
    if (kind === "camera" && backgroundBlur !== this.devices.backgroundBlur) {
      close();
      return this.open(kind);
    }
    if (!(track instanceof MediaStreamTrack) || (blurs && !blur)) {
      this.tell(track instanceof MediaStreamTrack ? { code: "blur_failed", device: kind } : track);
      return false;
    }
    this.closeTrack(kind);
    if (kind === "camera") this.blur = blur;
    const out = blur?.track ?? track;
    this.tracks[kind] = out;
    this.change({ problems: this.current.problems.filter(({ device }) => device !== kind) });
    track.addEventListener("ended", () => this.tracks[kind] === out && void this.unplugged(kind, track.label));
    if (kind === "microphone") {
      this.loudness.listen(track);
      track.addEventListener("mute", () => this.tracks[kind] === track && this.tell({ code: "muted_by_system", device: kind }));
      const now = this.devices.noiseSuppression;
      if (now !== null && now !== noiseSuppression) void this.setNoiseSuppression(now);
    }
    return true;
  }

  /** Null where it could not begin; the camera is closed then. */
  private async blurred(camera: MediaStreamTrack): Promise<Blur | null> {
    try {
      const blur: Blur = await Blur.start(camera, (reason) => this.blur === blur && void this.unblurred(reason));
      return blur;
    } catch (error) {
      console.error("the background cannot be blurred", error);
      return null;
    }
  }

  /** Nothing is shown rather than what is behind somebody who wanted it blurred. */
  private async unblurred(reason: BlurEnd): Promise<void> {
    await this.setCamera(false);
    this.tell({ code: reason, device: "camera" });
  }

  private async unplugged(kind: "microphone" | "camera", label: string): Promise<void> {
    this.closeTrack(kind);
    if (kind === "microphone") await this.setMicrophone(false);
    else await this.setCamera(false);
    this.tell({ code: "device_unplugged", device: kind, label });
  }

  private unsealed(kind: TrackKind): void {
    this.closeTrack(kind);
    if (kind === "microphone") this.change({ microphone: false });
    else if (kind === "camera") this.change({ camera: false, preview: null });
    else this.change({ screen: false, ownScreen: null });
    this.tell({ code: "sealing_failed", device: kind });
    this.signal();
  }

  private closeTrack(kind: TrackKind): void {
    if (kind === "microphone") this.loudness.listen(null);
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    if (kind !== "camera") return;
    this.blur?.stop();
    this.blur = null;
  }

  private hearOwnVoice(talking: boolean): void {
    const talkingWhileMuted = talking && !this.current.microphone && this.session !== null;
    if (talkingWhileMuted !== this.current.talkingWhileMuted) this.change({ talkingWhileMuted });
  }

  private async devicesChanged(): Promise<void> {
    const before = this.known;
    const devices = await this.list();
    if (before.size === 0 || !this.session) return;
    for (const kind of ["microphone", "camera", "speaker"] as const) {
      for (const { id, label } of devices[kind]) {
        if (!before.has(id) && label !== "") this.tell({ code: "device_new", device: kind, label });
      }
    }
  }

  private async list(): Promise<Choices> {
    const devices = await this.devices.list();
    this.known = new Set(Object.values(devices).flatMap((choices) => choices.map(({ id }) => id)));
    this.change({ devices });
    return devices;
  }

  private tell(problem: MediaProblem): void {
    const others = this.current.problems.filter(({ code, device }) => code !== problem.code || device !== problem.device);
    this.change({ problems: [...others, problem] });
  }

  private change(change: Partial<MediaView>): void {
    const next = { ...this.current, ...change };
    this.current = { ...next, asked: stillAsked(next.asked, next) };
    for (const listener of this.listeners) listener();
  }
}
