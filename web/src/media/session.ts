/** The connections of one call, from entering to leaving; made anew when they are lost. */
import type { CallView } from "../core/generated/CallView";
import type { IceServerCard } from "../core/generated/IceServerCard";
import type { WatchedView } from "../core/generated/WatchedView";
import type { SlotView } from "../core/generated/SlotView";
import type { VideoCard } from "../core/generated/VideoCard";
import type { TrackKind } from "../core/wire";
import type { CoreClient } from "../state/core";
import type { Reading, Report } from "../state/statistics";
import type { MediaConnection, MediaProblem, RemoteVideo } from "../state/media";
import type { Offer } from "./connection";
import { FrameWorker, type KeySource } from "./frames";
import { Publish } from "./publish";
import { MAX_AUDIO_SLOTS, MAX_CONSTANT_AUDIO_SLOTS } from "../state/limits";
import { SteadyVoice } from "./steady-voice";
import { Ears, WhoSpeaks } from "./who-speaks";
import { placed, playable, remoteVideos, type Heard } from "./remote";
import type { Speaker } from "./speaker";
import { FIRST_SLOTS, Subscribe } from "./subscribe";

/** Pauses before a lost connection is made anew; the last one is repeated. */
const RETRY_MS = [100, 1_000, 2_000, 4_000, 8_000] as const;

/** A connection that did not come about by then has no way through the network. */
const CONNECT_PATIENCE_MS = 15_000;

/** How often it is looked who speaks. Shorter costs the browser its counting, longer marks them late. */
const LISTEN_MS = 300;

type SideName = "publish" | "subscribe";

export interface SessionListener {
  changed(): void;
  problem(problem: MediaProblem): void;
  /** A track could not be sealed; it is not sent any more. */
  unsealed(kind: TrackKind): void;
  /** There is no going on without entering anew. */
  ended(): void;
  /** How loud this person is, root mean square; 0 where the microphone is off. */
  ownLoudness(): number;
}

export interface SessionView {
  readonly connection: MediaConnection;
  readonly remote: readonly RemoteVideo[];
  /** See `MediaView.speaker`. */
  readonly speaker: number | null;
}

export class Session {
  private readonly core: CoreClient;
  private readonly speaker: Speaker;
  private readonly listener: SessionListener;
  private readonly frames: FrameWorker;
  private readonly heard = new Map<number, Heard>();
  private readonly tracks = new Map<TrackKind, MediaStreamTrack | null>();
  private readonly up: Record<SideName, boolean> = { publish: false, subscribe: false };
  private readonly losses: Record<SideName, number> = { publish: 0, subscribe: 0 };
  private iceServers: RTCIceServer[] = [];
  private publish: Publish | null = null;
  private subscribe: Subscribe | null = null;
  private callView: CallView | null = null;
  private slotViews: readonly SlotView[] = [];
  private watched: readonly WatchedView[] = [];
  private wanted: readonly VideoCard[] = [];
  private shown = "";
  private everUp = false;
  private constant = false;
  private mute = false;
  private steady: SteadyVoice | null = null;
  private readonly ears = new Ears();
  private readonly whoSpeaks = new WhoSpeaks();
  private speaking: number | null = null;
  private closed = false;
  private online = true;
  /** Sides that are made anew as soon as the server can be asked. */
  private readonly waiting = new Set<SideName>();
  /** When the others are. */
  private readonly retries = new Map<SideName, ReturnType<typeof setTimeout>>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(core: CoreClient & KeySource, speaker: Speaker, listener: SessionListener) {
    this.core = core;
    this.speaker = speaker;
    this.listener = listener;
    this.frames = new FrameWorker(core, {
      receiver: (id, state, leaf) => {
        this.heard.set(id, { state, leaf });
        this.refresh();
      },
      failed: () => {
        listener.problem({ code: "sealing_failed", device: null });
        listener.ended();
      },
    });
  }

  /** Whether the call was entered. */
  get entered(): boolean {
    return this.publish !== null;
  }

  /** With `constant` voices go out at a constant bitrate. */
  connect(iceServers: IceServerCard[], constant: boolean): void {
    this.iceServers = iceServers;
    this.constant = constant;
    if (constant) this.listen();
    this.openPublish();
    this.openSubscribe();
    this.after(CONNECT_PATIENCE_MS, () => {
      if (!this.everUp) this.listener.problem({ code: "network_blocked", device: null });
    });
    this.listener.changed();
  }

  /** The call was entered anew: the server knows nothing of the connections there were. */
  restart(): void {
    if (!this.entered || this.closed) return;
    this.publish?.close();
    this.subscribe?.close();
    this.waiting.clear();
    this.up.publish = false;
    this.up.subscribe = false;
    this.openPublish();
    this.openSubscribe();
    this.listener.changed();
  }

  /** Whether the server can be asked. */
  setOnline(online: boolean): void {
    this.online = online;
    if (!online || this.closed) return;
    for (const side of this.waiting) this.openAnew(side);
    this.waiting.clear();
  }

  /** Called in a click. */
  resume(): void {
    this.steady?.resume();
  }

  async send(kind: TrackKind, track: MediaStreamTrack | null): Promise<void> {
    this.tracks.set(kind, track);
    await this.publish?.send(kind, this.outgoing(kind));
  }

  async show(video: readonly VideoCard[]): Promise<void> {
    this.wanted = video;
    if (!this.subscribe) return;
    const text = JSON.stringify(video);
    if (text !== this.shown) {
      this.shown = text;
      void this.core.send({ type: "show_video", video: [...video] });
    }
    await this.grow();
  }

  /** As many slots as there are voices to be heard and pictures that are shown, as far as the server has them. */
  private async grow(): Promise<void> {
    const others = this.callView?.participants.filter(({ this_device }) => !this_device).length ?? 0;
    const { audio, video } = FIRST_SLOTS;
    const most = this.constant ? MAX_CONSTANT_AUDIO_SLOTS : MAX_AUDIO_SLOTS;
    await this.subscribe?.grow({ audio: Math.max(audio, Math.min(others, most)), video: Math.max(video, this.wanted.length) });
  }

  call(call: CallView | null): void {
    this.callView = call;
    if (call?.constant_bitrate && this.entered) this.becomeConstant();
    void this.grow();
    this.refresh();
  }

  /** Whose tracks come in which slot, and what the others show of one's own. */
  slots({ slots, watched }: { readonly slots: readonly SlotView[]; readonly watched: readonly WatchedView[] }): void {
    this.slotViews = slots;
    this.watched = watched;
    this.limit();
    this.refresh();
  }

  view(): SessionView {
    const slots = placed(this.subscribe?.slots ?? [], this.slotViews);
    return { connection: this.connection(), remote: remoteVideos(this.callView, slots, this.heard), speaker: this.speaking };
  }

  async reading(): Promise<Reading | null> {
    const { publish, subscribe } = this;
    if (!publish || !subscribe || this.closed) return null;
    const [sent, received] = await Promise.all([reports(publish.pc), reports(subscribe.pc)]);
    // Lanes stand in the order in which they were added.
    const lanes = publish.pc.getTransceivers().flatMap(({ mid }, at) => {
      const kind = LANES[at];
      return mid !== null && kind ? [{ mid, kind }] : [];
    });
    return { at: performance.now(), publish: sent, subscribe: received, lanes, slots: this.slotViews };
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.publish?.close();
    this.subscribe?.close();
    this.speaker.play([]);
    this.steady?.close();
    this.frames.terminate();
  }

  private openPublish(): void {
    clearTimeout(this.retries.get("publish"));
    const publish = new Publish(this.frames, this.iceServers, this.offer("publish"), {
      connected: () => this.connected("publish"),
      silent: () => this.core.nudge(),
      lost: () => this.lost("publish"),
      unsealed: (kind) => {
        // Only a new sender gets a transform that runs; whether to try is the person's to say.
        this.tracks.set(kind, null);
        if (kind === "microphone") this.mute = true;
        this.listener.unsealed(kind);
        publish.close();
        this.lost("publish");
      },
    }, this.constant);
    this.publish = publish;
    void publish.open();
    for (const kind of this.tracks.keys()) void publish.send(kind, this.outgoing(kind));
    this.limit();
  }

  /** What goes out for a track that is on or off: a voice of constant bitrate is never off. */
  private outgoing(kind: TrackKind): MediaStreamTrack | null {
    const track = this.tracks.get(kind) ?? null;
    if (kind !== "microphone" || !this.constant) return track;
    // A voice that could not be sealed is not tried again by itself.
    if (this.mute && !track) return null;
    this.mute = false;
    this.steady ??= new SteadyVoice();
    this.steady.take(track);
    return this.steady.track;
  }

  /** How a voice is encoded is agreed on when a connection is made. */
  private becomeConstant(): void {
    if (this.constant || this.closed) return;
    this.constant = true;
    this.publish?.close();
    this.up.publish = false;
    this.openPublish();
    this.listen();
    this.listener.changed();
  }

  private listen(): void {
    // A connection that is closed meanwhile tells nothing.
    const heard = this.hearWhoSpeaks().catch(() => {});
    void heard.then(() => this.after(LISTEN_MS, () => this.listen()));
  }

  private async hearWhoSpeaks(): Promise<void> {
    const report = await this.subscribe?.pc.getStats();
    if (this.closed || !report) return;
    const loudness = this.ears.listen(report.values());
    const slots = placed(this.subscribe?.slots ?? [], this.slotViews);
    const heard = slots.filter((place) => place.slot.media === "audio" && playable(place, this.heard.get(place.slot.id)));
    const voices = heard.map(({ slot, view }) => ({ leaf: view.leaf, loudness: loudness.get(slot.receiver.track.id) ?? 0 }));
    const own = this.callView?.participants.find(({ this_device }) => this_device);
    if (own) voices.push({ leaf: own.leaf, loudness: this.listener.ownLoudness() });
    const before = this.speaking;
    this.speaking = this.whoSpeaks.judge(performance.now(), voices);
    if (this.speaking !== before) this.listener.changed();
  }

  /** Sends no more than the others show. */
  private limit(): void {
    for (const { kind, height, most } of this.watched) void this.publish?.limit(kind, height, most);
  }

  private openSubscribe(): void {
    clearTimeout(this.retries.get("subscribe"));
    this.shown = "";
    this.subscribe = new Subscribe(this.frames, this.iceServers, this.offer("subscribe"), {
      connected: () => this.connected("subscribe"),
      silent: () => this.core.nudge(),
      lost: () => this.lost("subscribe"),
    });
    void this.subscribe.grow(FIRST_SLOTS).then(() => this.refresh());
    void this.show(this.wanted);
  }

  private offer(side: SideName): Offer {
    return (fresh, sdp, tracks) => this.core.send({ type: "media_offer", side, fresh, sdp, tracks });
  }

  private connected(side: SideName): void {
    this.up[side] = true;
    this.losses[side] = 0;
    this.everUp = true;
    const pc = side === "publish" ? this.publish?.pc : this.subscribe?.pc;
    if (pc) void this.noteTransport(pc);
    this.listener.changed();
  }

  private lost(side: SideName): void {
    if (this.closed) return;
    this.up[side] = false;
    this.listener.changed();
    if (!this.online) {
      this.waiting.add(side);
      return;
    }
    const pause = RETRY_MS[Math.min(this.losses[side], RETRY_MS.length - 1)] ?? 0;
    this.losses[side] += 1;
    this.retries.set(side, this.after(pause, () => this.openAnew(side)));
  }

  private openAnew(side: SideName): void {
    if (side === "publish") {
      this.publish?.close();
      this.openPublish();
    } else {
      this.subscribe?.close();
      this.openSubscribe();
    }
  }

  private connection(): MediaConnection {
    if (!this.entered) return "idle";
    if (this.up.publish && this.up.subscribe) return "connected";
    if (!this.everUp) return Math.max(this.losses.publish, this.losses.subscribe) < RETRY_MS.length ? "connecting" : "failed";
    return "reconnecting";
  }

  /** Plays what has opened, keeps everything else black and silent. */
  private refresh(): void {
    if (this.closed) return;
    if (this.subscribe) {
      const slots = placed(this.subscribe.slots, this.slotViews);
      const open = slots.filter((place) => playable(place, this.heard.get(place.slot.id)));
      const playing = new Set(open.map(({ slot }) => slot));
      for (const slot of this.subscribe.slots) this.subscribe.play(slot, playing.has(slot));
      this.speaker.play(slots.filter(({ slot }) => slot.media === "audio").map(({ slot }) => slot.stream));
    }
    this.listener.changed();
  }

  private async noteTransport(pc: RTCPeerConnection): Promise<void> {
    const stats: Stat[] = [...((await pc.getStats()).values() as Iterable<Stat>)];
    const pair = stats.find(({ type, nominated, state }) => type === "candidate-pair" && nominated === true && state === "succeeded");
    const local = stats.find(({ id }) => id === pair?.localCandidateId);
    if (local?.protocol === "tcp") this.listener.problem({ code: "udp_blocked", device: null });
  }

  private after(ms: number, then: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.closed) then();
    }, ms);
    this.timers.add(timer);
    return timer;
  }
}

const LANES: readonly TrackKind[] = ["microphone", "camera", "screen"];

async function reports(pc: RTCPeerConnection): Promise<Report[]> {
  return [...((await pc.getStats()).values() as Iterable<Report>)];
}

interface Stat {
  readonly id: string;
  readonly type: string;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly protocol?: string;
  readonly localCandidateId?: string;
}
