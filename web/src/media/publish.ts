/** The sending connection: microphone, camera and screen, each sealed from its first frame. */
import type { TrackKind } from "../core/wire";
import { codecs } from "./codecs";
import { Connection, type ConnectionListener, type Offer } from "./connection";
import { through, type FrameWorker } from "./frames";
import { Losses } from "./losses";
import { PublishWatchdog, type Verdict } from "./watchdog";

/** How often it is checked that frames go through the sealing. */
const WATCH_MS = 250;

/**
 * What is sent of each track, and how many bits a second the browser may use for it. Of a camera three sizes go out, the
 * smallest first, for the server can only pass on what it gets: each of the others is shown the one that fits.
 */
const ENCODINGS: Readonly<Record<TrackKind, RTCRtpEncodingParameters[]>> = {
  microphone: [{ maxBitrate: 40_000 }],
  camera: [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
  ],
  screen: [{ maxBitrate: 2_500_000 }],
};

/** How much the encodings of a camera are scaled down, by the height that it has at least. */
const SCALES: readonly { readonly from: number; readonly scales: readonly number[] }[] = [
  { from: 540, scales: [4, 2, 1] },
  { from: 270, scales: [2, 1] },
];

/**
 * Of all losses a browser thinks that it sent too much, and sends less and less, until no picture is left. On a way that
 * loses so much at random it sends at least this, in kbit/s: a voice that is repeated, and the smallest picture.
 */
const FLOOR = 300;

/** How much an encoding is stretched before the next larger one is needed; the server's `TILE_STRETCH_PERCENT`. */
const STRETCH = 1.25;

/** Height in pixels of a camera that does not tell it. */
const USUAL_HEIGHT = 720;

const KINDS: readonly TrackKind[] = ["microphone", "camera", "screen"];

export interface PublishListener extends ConnectionListener {
  /** A track could not be sealed, and was taken off. */
  unsealed(kind: TrackKind): void;
}

interface Lane {
  readonly kind: TrackKind;
  readonly transceiver: RTCRtpTransceiver;
  readonly id: number;
  readonly confirmed: Promise<void>;
  readonly watchdog: PublishWatchdog;
  /** The largest height in pixels at which anybody shows it. */
  height: number;
  /** What the smallest encoding may take at most, in bits a second on the wire. */
  most: number;
  adjusted: Promise<void>;
  wanted: MediaStreamTrack | null;
  /** Frames seem to go around the sealing: nothing is sent until it is known. */
  held: boolean;
  broken: boolean;
}

export class Publish {
  private readonly frames: FrameWorker;
  private readonly listener: PublishListener;
  private readonly connection: Connection;
  private readonly lanes: ReadonlyMap<TrackKind, Lane>;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly losses = new Losses();
  private repeated = 0;
  private closed = false;
  private looking = false;

  /** With `constant` its voice goes out at a constant bitrate. */
  constructor(frames: FrameWorker, iceServers: RTCIceServer[], offer: Offer, listener: PublishListener, constant = false) {
    this.frames = frames;
    this.listener = listener;
    this.connection = new Connection(iceServers, offer, listener, constant);
    this.lanes = new Map(KINDS.map((kind) => [kind, this.lane(kind)]));
    this.timer = setInterval(() => void this.watch(), WATCH_MS);
  }

  get pc(): RTCPeerConnection {
    return this.connection.pc;
  }

  async open(): Promise<void> {
    const lanes = [...this.lanes.values()];
    await this.connection.negotiate(() => lanes.map(({ kind, transceiver }) => ({ kind, mid: transceiver.mid ?? "" })));
    for (const { id, transceiver } of lanes) this.frames.agree(id, this.connection.agreed(transceiver.mid));
  }

  /** Sends this track, or nothing; a track goes out only once its transform has answered. */
  async send(kind: TrackKind, track: MediaStreamTrack | null): Promise<void> {
    const lane = this.lanes.get(kind);
    if (!lane) return;
    lane.wanted = track;
    try {
      if (track) await lane.confirmed;
      if (lane.wanted !== track || lane.held || lane.broken || this.closed) return;
      await lane.transceiver.sender.replaceTrack(track);
    } catch (error) {
      console.error("a track cannot be sealed", error);
      await this.unseal(lane);
    }
    await this.adjust(lane);
  }

  /**
   * Stops the encodings that are larger than `height` pixels need, all where it is 0; starts what is needed again. The
   * smallest takes no more than `most` kbit a second.
   */
  async limit(kind: TrackKind, height: number, most: number | null): Promise<void> {
    const lane = this.lanes.get(kind);
    if (!lane || kind === "microphone" || this.closed) return;
    lane.height = height;
    lane.most = most === null ? Infinity : most * 1_000;
    await this.adjust(lane);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.connection.close();
    for (const { id } of this.lanes.values()) this.frames.close(id);
  }

  private lane(kind: TrackKind): Lane {
    const media = kind === "microphone" ? "audio" : "video";
    const transceiver = this.connection.pc.addTransceiver(media, {
      direction: "sendonly",
      sendEncodings: ENCODINGS[kind].map((encoding) => ({ ...encoding })),
    });
    // In the same task as `addTransceiver`; see FrameWorker.
    const { id, confirmed } = this.frames.seal(transceiver.sender, kind);
    transceiver.setCodecPreferences(codecs(media));
    return { kind, transceiver, id, confirmed, watchdog: new PublishWatchdog(), height: Infinity, most: Infinity, adjusted: Promise.resolve(), wanted: null, held: false, broken: false };
  }

  /** Encodings as they are needed of the track that is there. One change after the other: a browser refuses two at once. */
  private adjust(lane: Lane): Promise<void> {
    // What is refused is tried again with the next look.
    lane.adjusted = lane.adjusted.then(() => this.setEncodings(lane)).catch((error: unknown) => {
      // While a connection is being agreed on, the browser changes its parameters under one's hands.
      const isRace = error instanceof DOMException && error.name === "InvalidModificationError" && this.pc.connectionState !== "connected";
      if (!isRace) console.error("encodings were not changed", error);
    });
    return lane.adjusted;
  }

  private async setEncodings({ kind, height, most, transceiver: { sender } }: Lane): Promise<void> {
    const parameters = sender.getParameters();
    const full = sender.track?.getSettings().height || USUAL_HEIGHT;
    const wanted: Encoding[] = kind === "camera" ? cameraEncodings(full, height, most) : [{ scaleResolutionDownBy: 1, active: height > 0 }];
    const differs = (encoding: RTCRtpEncodingParameters, place: number): boolean =>
      encoding.active !== wanted[place]?.active ||
      (encoding.scaleResolutionDownBy ?? 1) !== wanted[place]?.scaleResolutionDownBy ||
      encoding.maxBitrate !== (wanted[place]?.maxBitrate ?? encoding.maxBitrate);
    if (!parameters.encodings.some(differs)) return;
    for (const [place, encoding] of parameters.encodings.entries()) Object.assign(encoding, wanted[place]);
    await sender.setParameters(parameters);
  }

  private async watch(): Promise<void> {
    const lanes = [...this.lanes.values()].filter(({ transceiver, held, broken }) => (transceiver.sender.track || held) && !broken);
    // Looks that overlap would mix their counts.
    if (this.looking || lanes.length === 0) return;
    this.looking = true;
    try {
      // Also where nothing new was said: a phone was turned, or a change was refused.
      await Promise.all(lanes.map((lane) => this.adjust(lane)));
      const before = await this.frames.counts();
      const stats = await Promise.all(lanes.map(({ transceiver }) => transceiver.sender.getStats()));
      const after = await this.frames.counts();
      for (const [index, lane] of lanes.entries()) {
        const reports = [...(stats[index]?.values() ?? [])] as OutboundStat[];
        if (lane.kind === "microphone") this.protect(lane, reports);
        const look = { before: through(before, lane.id), codec: encoded(reports), after: through(after, lane.id) };
        await this.follow(lane, lane.watchdog.judge(look));
      }
    } finally {
      this.looking = false;
    }
  }

  /** Repeats sound as the way needs it. */
  private protect(lane: Lane, reports: readonly OutboundStat[]): void {
    for (const { type, timestamp, fractionLost, roundTripTime } of reports) {
      if (type === "remote-inbound-rtp" && fractionLost !== undefined) this.losses.note(timestamp, fractionLost, roundTripTime);
    }
    const { depth, atRandom } = this.losses;
    if (depth !== this.repeated) this.frames.repeat(lane.id, depth);
    this.repeated = depth;
    this.connection.setFloor(atRandom ? FLOOR : 0);
  }

  private async follow(lane: Lane, verdict: Verdict): Promise<void> {
    if (verdict === "lost") return this.unseal(lane);
    const held = verdict === "hold";
    if (held === lane.held || verdict === "fine") return;
    lane.held = held;
    await lane.transceiver.sender.replaceTrack(held ? null : lane.wanted).catch(() => this.unseal(lane));
  }

  private async unseal(lane: Lane): Promise<void> {
    // A connection that is closed sends nothing.
    if (lane.broken || this.closed) return;
    lane.broken = true;
    await lane.transceiver.sender.replaceTrack(null).catch(() => lane.transceiver.stop());
    this.listener.unsealed(lane.kind);
  }
}

interface Encoding {
  readonly scaleResolutionDownBy: number;
  readonly active: boolean;
  readonly maxBitrate?: number | undefined;
}

/** Of a small picture's packets, so much is the picture; the rest are headers. */
const PICTURE_SHARE = 0.8;

/**
 * The encodings of a camera with this height, where the largest tile of the others has that one, the smallest first. Those
 * up to the first that fills the tile are sent, for the smaller ones are what the server falls back to on a slow way; as in
 * the server's `ideal`. Of small pictures a browser sends fewer sizes than it is asked for, and leaves out the largest, so
 * it is asked for no more. The smallest takes at most `most` bits a second on the wire.
 */
export function cameraEncodings(full: number, shown: number, most = Infinity): Encoding[] {
  const scales = SCALES.find(({ from }) => full >= from)?.scales ?? [1];
  const fills = scales.findIndex((scale) => (full / scale) * STRETCH >= shown);
  const needed = fills < 0 ? scales.length : fills + 1;
  return ENCODINGS.camera.map(({ maxBitrate = Infinity }, place) => ({
    scaleResolutionDownBy: scales[place] ?? 1,
    active: shown > 0 && place < needed,
    maxBitrate: place === 0 ? Math.min(maxBitrate, most * PICTURE_SHARE) : maxBitrate,
  }));
}

/** Frames that were encoded so far: of audio, packets stand for them. */
function encoded(reports: readonly OutboundStat[]): number {
  let frames = 0;
  for (const stat of reports) {
    if (stat.type === "outbound-rtp") frames += stat.kind === "video" ? (stat.framesEncoded ?? 0) : (stat.packetsSent ?? 0);
  }
  return frames;
}

interface OutboundStat {
  readonly type: string;
  readonly timestamp: number;
  readonly fractionLost?: number;
  readonly roundTripTime?: number;
  readonly kind?: string;
  readonly framesEncoded?: number;
  readonly packetsSent?: number;
}
