import type { ParticipantAsk } from "../core/generated/ParticipantAsk";
import type { VideoCard } from "../core/generated/VideoCard";
import type { Asked } from "./asks";
import type { Failure } from "./core";
import type { Reading } from "./statistics";

/** What the picture of a remote tile is; the text of the tile's `data-media`. */
export type MediaState = "waiting-for-key" | "connecting" | "live" | "paused" | "off";

/** Kinds of devices that a person chooses. */
export type DeviceKind = "microphone" | "camera" | "speaker";

/** One device in a picker. */
export interface DeviceChoice {
  readonly id: string;
  /** Empty until the browser may tell it. */
  readonly label: string;
}

/** A picture of a participant. The views place it by `(leaf, kind)`. */
export interface RemoteVideo {
  readonly leaf: number;
  readonly kind: "camera" | "screen";
  readonly state: MediaState;
  /** For the `<video>`; there from the moment that a slot is bound, whatever the state. */
  readonly stream: MediaStream | null;
}

/**
 * Something about devices or the network that the person should know; text under `media.<code>.title` and
 * `media.<code>.advice`. One code per cause.
 */
export interface MediaProblem {
  readonly code: MediaProblemCode;
  /** The device that it is about. */
  readonly device: DeviceKind | "screen" | null;
  /** Name of the device, where the text names it. */
  readonly label?: string;
}

/** Causes, one message each. */
export type MediaProblemCode =
  /** The browser's setting for this site says no. */
  | "blocked_for_site"
  /** The operating system says no. */
  | "blocked_by_system"
  /** The question was closed without an answer. */
  | "prompt_dismissed"
  | "no_device"
  | "in_use"
  | "muted_by_system"
  | "insecure_page"
  | "no_encoded_transforms"
  | "device_unplugged"
  /** A new device is there; `useDevice` takes it. */
  | "device_new"
  /** The browser plays nothing before a click; `resumeAudio` is that click. */
  | "autoplay_blocked"
  /** Media goes over TCP. */
  | "udp_blocked"
  /** Media finds no way at all. */
  | "network_blocked"
  | "network_slow"
  /** The sealing of what one sends failed; it was taken off the network at once. */
  | "sealing_failed"
  /** The background could not be blurred, or this computer is too slow for it: the camera is off. */
  | "blur_failed"
  | "blur_too_slow"
  | "device_failed";

/** How the media's connection is. */
export type MediaConnection = "idle" | "connecting" | "connected" | "reconnecting" | "failed";

/**
 * What the network does to calls, tried before joining: `ready` (UDP), `tcp` (UDP is blocked), `relay` (by a TURN server
 * alone), `blocked` (no way at all).
 */
export type NetworkVerdict = "ready" | "tcp" | "relay" | "blocked";

/** What the call's views show; immutable, a new object for each change. */
export interface MediaView {
  /** The microphone is open and heard. */
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly hand: boolean;
  /** Own camera picture, for the preview and the own tile. */
  readonly preview: MediaStream | null;
  /** Own shared screen. */
  readonly ownScreen: MediaStream | null;
  readonly remote: readonly RemoteVideo[];
  /** Leaf of who speaks as this device hears it, where voices go out at a constant bitrate and the server cannot know; else null. */
  readonly speaker: number | null;
  /** Null before they were looked for. */
  readonly devices: Readonly<Record<DeviceKind, readonly DeviceChoice[]>> | null;
  /** Chosen device of each kind; empty = the system's default. */
  readonly chosen: Readonly<Record<DeviceKind, string>>;
  /** Whether noise is taken out of one's voice; null where the browser cannot choose. */
  readonly noiseSuppression: boolean | null;
  /** Whether what is behind one is blurred; null where the browser cannot do it. */
  readonly backgroundBlur: boolean | null;
  /** Whether the browser can choose a speaker (`setSinkId`). */
  readonly canChooseSpeaker: boolean;
  /** Whether the browser can share a screen (phones cannot). */
  readonly canShareScreen: boolean;
  readonly problems: readonly MediaProblem[];
  /** What others asked of this device, until it is settled or put away. */
  readonly asked: readonly Asked[];
  /** Somebody talks into a microphone that is off; false where that cannot be known. */
  readonly talkingWhileMuted: boolean;
  readonly connection: MediaConnection;
  /** How the network is; null while it was not tried, or could not be. */
  readonly network: NetworkVerdict | "checking" | null;
}

/**
 * The devices and the media of one call: owner of the PeerConnections and of the audio output. Implemented in
 * `media/`; the views know only this.
 *
 * Life: `prepare` (before joining) → `join` → `leave` or `close`. After `leave` it may `prepare` again. During a call
 * `prepare` changes nothing. When the call ends by itself (event `call` with null) everything is released as by
 * `leave`.
 */
export interface MediaCall {
  /** Hears of each new view. */
  subscribe(listener: () => void): () => void;
  /** The present view; the same object until something changes. */
  view(): MediaView;
  /** Loudness of the own microphone now, 0 to 1; asked for every animation frame by the level meter. */
  level(): number;

  /** Opens the remembered devices for the preview. What is missing shows as problems; never rejects. */
  prepare(): Promise<void>;
  /** Tries what the network does to calls; the server must be reached for that. Never rejects. */
  tryNetwork(): Promise<void>;
  /** Enters the room's call with the devices as they are (`join_call`, PeerConnections, `set_media`). */
  join(roomId: string): Promise<Failure | null>;
  /** Leaves the call and releases all devices. */
  leave(): Promise<void>;
  /** Releases all devices without a call (the preview was left). */
  close(): void;

  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  setScreen(on: boolean): Promise<void>;
  setHand(up: boolean): Promise<void>;
  chooseDevice(kind: DeviceKind, id: string): Promise<void>;
  /** At once, also in a call: whoever is muted stays so, whoever is heard is heard on. */
  setNoiseSuppression(on: boolean): Promise<void>;
  /** At once, also in a call. What is behind one never shows while it is on: where blurring fails, the camera goes off. */
  setBackgroundBlur(on: boolean): Promise<void>;
  /** Takes what another tab chose. Nothing of what is behind one comes to show by that: while the camera is on, blurring stays. */
  takeChoices(): Promise<void>;
  /** A short sound on the chosen speaker. */
  playTestSound(): Promise<void>;
  /** Called in a click, when `autoplay_blocked`. */
  resumeAudio(): Promise<void>;
  /** Takes away what was asked, and read. */
  putAway(ask: ParticipantAsk): void;
  /** Takes a problem away that was read. */
  dismiss(problem: MediaProblem): void;
  /** Counters of the call's connections now; null where there are none. */
  reading(): Promise<Reading | null>;
  /** The videos on screen, most important first. */
  show(video: readonly VideoCard[]): void;
}
