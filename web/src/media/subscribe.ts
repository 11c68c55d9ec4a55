/** The receiving connection: a few slots into which the server puts tracks. */
import { MAX_CONSTANT_AUDIO_SLOTS, MAX_VIDEO_SLOTS } from "../state/limits";
import { codecs } from "./codecs";
import { Connection, type ConnectionListener, type Offer } from "./connection";
import { through, type FrameWorker } from "./frames";
import { Watchdog } from "./watchdog";

/** How often it is checked that frames go through the opener. */
const WATCH_MS = 1_000;

export interface Slots {
  readonly audio: number;
  readonly video: number;
}

/** What one hears and sees in a small meeting, without a second offer. */
export const FIRST_SLOTS: Slots = { audio: 3, video: 4 };


export interface Slot {
  readonly media: "audio" | "video";
  readonly receiver: RTCRtpReceiver;
  readonly stream: MediaStream;
  mid: string | null;
  /** Names its transform. */
  id: number;
}

interface WatchedSlot extends Slot {
  readonly transceiver: RTCRtpTransceiver;
  watchdog: Watchdog;
}

export class Subscribe {
  private readonly frames: FrameWorker;
  private readonly connection: Connection;
  private readonly all: WatchedSlot[] = [];
  private readonly timer: ReturnType<typeof setInterval>;
  private looking = false;

  constructor(frames: FrameWorker, iceServers: RTCIceServer[], offer: Offer, listener: ConnectionListener) {
    this.frames = frames;
    this.connection = new Connection(iceServers, offer, listener);
    this.timer = setInterval(() => void this.watch(), WATCH_MS);
  }

  get pc(): RTCPeerConnection {
    return this.connection.pc;
  }

  get slots(): readonly Slot[] {
    return this.all;
  }

  /** Offers at least so many slots; does nothing where there are enough. */
  async grow(wanted: Slots): Promise<void> {
    const added = [
      ...this.missing("audio", Math.min(wanted.audio, MAX_CONSTANT_AUDIO_SLOTS)),
      ...this.missing("video", Math.min(wanted.video, MAX_VIDEO_SLOTS)),
    ];
    if (added.length === 0) return;
    this.all.push(...added);
    await this.connection.negotiate(() => {
      this.name();
      return [];
    });
    for (const slot of added) this.agree(slot);
  }

  /** Plays a slot's frames, or keeps it black and silent. */
  play(slot: Slot, on: boolean): void {
    slot.receiver.track.enabled = on;
  }

  close(): void {
    clearInterval(this.timer);
    this.connection.close();
    for (const { id } of this.all) this.frames.close(id);
  }

  private missing(media: "audio" | "video", wanted: number): WatchedSlot[] {
    const present = this.all.filter((slot) => slot.media === media).length;
    return Array.from({ length: Math.max(0, wanted - present) }, () => this.slot(media));
  }

  private slot(media: "audio" | "video"): WatchedSlot {
    const transceiver = this.connection.pc.addTransceiver(media, { direction: "recvonly" });
    const { receiver } = transceiver;
    // In the same task as `addTransceiver`; see FrameWorker.
    const { id } = this.frames.open(receiver, media);
    transceiver.setCodecPreferences(codecs(media));
    // Nothing is played before the opener has said that it opened a frame.
    receiver.track.enabled = false;
    const stream = new MediaStream([receiver.track]);
    return { media, transceiver, receiver, stream, mid: null, id, watchdog: new Watchdog() };
  }

  /** m-lines have their names once the offer is set. */
  private name(): void {
    for (const slot of this.all) {
      if (slot.mid !== null || slot.transceiver.mid === null) continue;
      slot.mid = slot.transceiver.mid;
      this.frames.setMid(slot.id, slot.mid);
    }
  }

  private agree({ id, mid }: Slot): void {
    this.frames.agree(id, this.connection.agreed(mid));
  }

  /** Browsers lose a transform now and then; frames without one are not played, and it is set again. */
  private async watch(): Promise<void> {
    // Looks that overlap would mix their counts.
    if (this.looking || this.connection.pc.connectionState !== "connected") return;
    this.looking = true;
    try {
      const slots = [...this.all];
      const before = await this.frames.counts();
      const codec = decoded(await this.connection.pc.getStats());
      const after = await this.frames.counts();
      for (const slot of slots) {
        const look = { before: through(before, slot.id), codec: codec.get(slot.receiver.track.id) ?? 0, after: through(after, slot.id) };
        if (slot.watchdog.goesAround(look)) this.openAnew(slot);
      }
    } finally {
      this.looking = false;
    }
  }

  private openAnew(slot: WatchedSlot): void {
    this.play(slot, false);
    this.frames.close(slot.id);
    slot.id = this.frames.open(slot.receiver, slot.media).id;
    slot.watchdog = new Watchdog("first look");
    if (slot.mid !== null) this.frames.setMid(slot.id, slot.mid);
    this.agree(slot);
  }
}

/**
 * Frames that came so far, by track: of audio, packets stand for them. One report of all costs a browser much less than
 * one of each.
 */
export function decoded(report: RTCStatsReport): ReadonlyMap<string, number> {
  const frames = new Map<string, number>();
  for (const stat of report.values() as Iterable<InboundStat>) {
    if (stat.type !== "inbound-rtp" || stat.trackIdentifier === undefined) continue;
    const count = (stat.kind === "video" ? stat.framesReceived : stat.packetsReceived) ?? 0;
    frames.set(stat.trackIdentifier, (frames.get(stat.trackIdentifier) ?? 0) + count);
  }
  return frames;
}

interface InboundStat {
  readonly type: string;
  readonly kind?: string;
  readonly trackIdentifier?: string;
  readonly framesReceived?: number;
  readonly packetsReceived?: number;
}
