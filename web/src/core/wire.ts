/**
 * What the main thread, the core worker and the frame worker say to each other.
 *
 * ```text
 *   tab (main thread) ── FromTab ──► core worker ── MediaBytes (MessagePort) ──► frame worker
 *                     ◄── ToTab ───      │  ▲                                      ▲  │
 *                                 BroadcastChannel                        FrameCommand │
 *                                        ▼  │                                      │  ▼ FrameReport
 *                             core workers of other tabs                      tab (main thread)
 * ```
 *
 * Keys of media go from the core worker to the frame worker alone; the main thread never sees them.
 */
import type { Command } from "./generated/Command";
import type { Event } from "./generated/Event";

/** From the main thread to the core worker of its tab. */
export type FromTab =
  | { type: "command"; id: number; command: Command }
  /** A new frame worker; media updates go to it from now on, over this port. */
  | { type: "frame-worker"; port: MessagePort }
  /** The network is back, or the tab is seen again. */
  | { type: "nudge" }
  /** The person did something. After so long without, the store is locked; nothing: it is not. */
  | { type: "active"; idleMs: number | null }
  /** The store is to be locked now. */
  | { type: "lock" }
  /** The network is gone: a socket whose network went away says nothing for a long time. */
  | { type: "lost-network" };

/** From the core worker to the main thread of its tab. */
export type ToTab =
  | { type: "event"; event: Event }
  /** The device of this worker stopped, by a fault or as the store was locked: a new worker has to begin from the store. */
  | { type: "stopped"; locked: boolean };

/** An encoded `MediaUpdate`. It is wiped by who has used it. */
export type MediaBytes = Uint8Array<ArrayBuffer>;

export type TrackKind = "microphone" | "camera" | "screen";

/** Options of an `RTCRtpScriptTransform`. */
export type TransformOptions =
  | { role: "send"; id: number; kind: TrackKind }
  | { role: "receive"; id: number; media: "audio" | "video" };

/** A codec that both ends of a connection agreed on. */
export interface AgreedCodec {
  /** Payload type. */
  readonly type: number;
  /** In small letters. */
  readonly mimeType: string;
}

/** From the main thread to its frame worker. */
export type FrameCommand =
  /** Where media updates come from. */
  | { type: "core"; port: MessagePort }
  /** `a=mid` of a receiving transform. */
  | { type: "mid"; id: number; mid: string }
  /** What was agreed on for the stream of a transform, the preferred first. */
  | { type: "agreed"; id: number; codecs: readonly AgreedCodec[] }
  /** The transform is not used any more. */
  | { type: "close"; id: number }
  /** Each packet of a sending transform repeats so many blocks of sound. */
  | { type: "repeat"; id: number; depth: number }
  /** Asks for {@link FrameCounts}. */
  | { type: "counts"; request: number }
  /** Test builds only: gives the tap to whoever holds the other end. */
  | { type: "tap"; port: MessagePort };

/** A sealed frame as it came from the server. */
export interface TapFrame {
  readonly at: number;
  readonly video: boolean;
  readonly data: ArrayBuffer;
}

/** Test builds only. */
export type TapRequest =
  | { type: "frames"; request: number }
  | { type: "open"; request: number; frames: TapFrame[] };

export interface TapAnswer {
  request: number;
  frames: TapFrame[];
  opened: number;
}

/** What a receiving transform is doing. */
export type ReceiverState = "idle" | "waiting-for-key" | "live";

/** Frames that a transform took and gave since it began. */
export interface FrameCounts {
  readonly id: number;
  readonly in: number;
  readonly out: number;
}

/** From the frame worker to the main thread. */
export type FrameReport =
  /** The transform runs, and (when sending) has a counter of its own. */
  | { type: "attached"; id: number }
  /** It cannot run; a stable code. */
  | { type: "refused"; id: number; code: string }
  /** A receiving transform changed; `leaf` is whom it heard or saw last. */
  | { type: "receiver"; id: number; state: ReceiverState; leaf: number | null }
  | { type: "counts"; request: number; counts: FrameCounts[] }
  /** The sealing module could not be loaded. */
  | { type: "failed" };
