/** What the two PeerConnections have in common: an offer at a time, and an end that shows. */
import type { Reply } from "../core/generated/Reply";
import type { TrackCard } from "../core/generated/TrackCard";
import type { AgreedCodec } from "../core/wire";
import { agreedCodecs } from "./codecs";
import { withConstantVoice, withoutLevels } from "./constant";
import { came, LOOK_MS, Pulse } from "./pulse";

/** A connection that is "disconnected" for this long is made anew: most come back before. */
const DISCONNECTED_MS = 3_000;

/**
 * How long a restarted connection has to find another way, before it is made anew: some times there and back. A browser that
 * has not seen the new address yet finds none, and looks no further.
 */
const RESTART_MS = 1_500;

/** Who brings an offer to the server. */
export type Offer = (fresh: boolean, sdp: string, tracks: TrackCard[]) => Promise<Reply>;

export interface ConnectionListener {
  connected(): void;
  /** Nothing comes any more: the network may have changed, which no other connection says by itself for a long time. */
  silent(): void;
  /** The connection is of no use any more. */
  lost(): void;
}

export class Connection {
  readonly pc: RTCPeerConnection;
  private readonly offer: Offer;
  private readonly listener: ConnectionListener;
  private readonly constant: boolean;
  private negotiating: Promise<void> = Promise.resolve();
  private fresh = true;
  private floor = 0;
  private answer: string | null = null;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly pulse = new Pulse();
  private readonly looks: ReturnType<typeof setInterval>;
  private looking = false;
  private restart: ReturnType<typeof setTimeout> | undefined;
  private tracks: () => TrackCard[] = () => [];

  /** With `constant` its voice goes out at a constant bitrate. */
  constructor(iceServers: RTCIceServer[], offer: Offer, listener: ConnectionListener, constant = false) {
    this.constant = constant;
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
    this.offer = offer;
    this.listener = listener;
    this.pc.addEventListener("connectionstatechange", () => this.follow());
    this.looks = setInterval(() => void this.look(), LOOK_MS);
  }

  /** Offers what the transceivers are now. `tracks` is asked once the m-lines have their names. */
  negotiate(tracks: () => TrackCard[]): Promise<void> {
    this.tracks = tracks;
    this.negotiating = this.negotiating.then(() => this.exchange(tracks));
    return this.negotiating;
  }

  /** What was agreed on for an m-line, the preferred first; null before an answer came. */
  agreed(mid: string | null): AgreedCodec[] | null {
    return this.answer === null || mid === null ? null : agreedCodecs(this.answer, mid);
  }

  /**
   * The browser sends at least so many kbit a second; 0 leaves it to the browser. It reads that from the answer, which is
   * given to it anew; the server has nothing to say to it.
   */
  setFloor(kilobits: number): void {
    if (kilobits === this.floor) return;
    this.floor = kilobits;
    this.negotiating = this.negotiating.then(() => this.answerAnew());
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.looks);
    clearTimeout(this.restart);
    this.pc.close();
  }

  private async look(): Promise<void> {
    // One sender or receiver knows the ways of all, for all go together.
    const [first] = this.pc.getTransceivers();
    if (this.looking || !first || this.pc.connectionState !== "connected") return;
    this.looking = true;
    try {
      const received = came(await first[first.direction === "recvonly" ? "receiver" : "sender"].getStats());
      if (received !== null && !this.closed && this.pulse.note(performance.now(), received)) this.findAnotherWay();
    } finally {
      this.looking = false;
    }
  }

  /** The keys and all that is under way stay; only where the packets go is asked anew. */
  private findAnotherWay(): void {
    this.listener.silent();
    this.pc.restartIce();
    void this.negotiate(this.tracks);
    clearTimeout(this.restart);
    this.restart = setTimeout(() => this.pulse.isSilent && this.lose(), RESTART_MS);
  }

  private async exchange(tracks: () => TrackCard[]): Promise<void> {
    if (this.closed) return;
    try {
      await this.pc.setLocalDescription();
      const sdp = this.pc.localDescription?.sdp ?? "";
      const reply = await this.offer(this.fresh, this.constant ? withoutLevels(sdp) : sdp, tracks());
      if (this.closed) return;
      if (reply.type !== "sdp_answer") return this.lose();
      this.fresh = false;
      // What the server answers makes no voice tell more, whatever that is.
      this.answer = this.constant ? withConstantVoice(reply.value.sdp) : reply.value.sdp;
      await this.pc.setRemoteDescription({ type: "answer", sdp: withFloor(this.answer, this.floor) });
    } catch (error) {
      if (this.closed) return;
      console.error("negotiation failed", error);
      this.lose();
    }
  }

  private async answerAnew(): Promise<void> {
    if (this.closed || this.answer === null) return;
    try {
      await this.pc.setLocalDescription();
      await this.pc.setRemoteDescription({ type: "answer", sdp: withFloor(this.answer, this.floor) });
    } catch (error) {
      if (this.closed) return;
      console.error("the least rate was not set", error);
      this.lose();
    }
  }

  private follow(): void {
    clearTimeout(this.timer);
    switch (this.pc.connectionState) {
      case "connected":
        return this.listener.connected();
      case "failed":
        this.listener.silent();
        return this.lose();
      // Too little may have come over a young connection for its silence to be noticed before.
      case "disconnected":
        this.listener.silent();
        this.timer = setTimeout(() => this.lose(), DISCONNECTED_MS);
        return;
      default:
        return;
    }
  }

  private lose(): void {
    if (this.closed) return;
    this.close();
    this.listener.lost();
  }
}

/** The answer, with the least rate written where Chromium looks for it; other browsers look past it. */
export function withFloor(sdp: string, kilobits: number): string {
  if (kilobits === 0) return sdp;
  return sdp.replaceAll(/^a=rtpmap:(\d+) VP8\/90000\r\n/gm, `$&a=fmtp:$1 x-google-min-bitrate=${kilobits}\r\n`);
}
