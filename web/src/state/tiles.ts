import type { CallView } from "../core/generated/CallView";
import type { ParticipantView } from "../core/generated/ParticipantView";
import type { MediaState, MediaView, RemoteVideo } from "./media";

/** A picture in the call. */
export interface Tile {
  readonly key: string;
  readonly participant: ParticipantView;
  readonly kind: "camera" | "screen";
  readonly state: MediaState;
  readonly stream: MediaStream | null;
  readonly speaking: boolean;
}

/** What a call shows. */
export interface Stage {
  /** The shared screen that takes the stage. */
  readonly screen: Tile | null;
  /** The others, as many as fit. */
  readonly tiles: readonly Tile[];
  /** This device; nothing while the keys are on the way. */
  readonly own: Tile | null;
  /** Participants beyond the tiles. */
  readonly hidden: number;
}

/** Tiles in the grid: the largest that a desktop shows with faces one can read. */
export const MAX_TILES = 25;

/** Sets the stage from who is in (the key tree's word) and what media arrives. */
export function setStage(call: CallView, media: MediaView): Stage {
  const remote = (leaf: number, kind: "camera" | "screen"): RemoteVideo | null =>
    media.remote.find((video) => video.leaf === leaf && video.kind === kind) ?? null;
  const others = call.participants.filter((participant) => !participant.this_device);
  const shown = choose(others, call.speaker);
  const me = call.participants.find((participant) => participant.this_device);
  const sharing = others.find((participant) => participant.screen && remote(participant.leaf, "screen")) ?? null;
  return {
    screen: sharing && screenTile(sharing, remote(sharing.leaf, "screen")),
    tiles: shown.map((participant) => cameraTile(participant, remote(participant.leaf, "camera"), call.speaker)),
    own: me ? ownTile(me, media, call.speaker) : null,
    hidden: others.length - shown.length,
  };
}

/** Who gets a tile: in order of leaf, which never jumps; the speaker takes the last place rather than none. */
function choose(others: readonly ParticipantView[], speaker: number | null): ParticipantView[] {
  const shown = others.slice(0, MAX_TILES);
  const speaking = others.find((participant) => participant.leaf === speaker);
  return speaking && !shown.includes(speaking) ? [...shown.slice(0, -1), speaking] : shown;
}

function cameraTile(participant: ParticipantView, video: RemoteVideo | null, speaker: number | null): Tile {
  return {
    key: `camera-${String(participant.leaf)}-${participant.person.user_id}`,
    participant,
    kind: "camera",
    state: pictureState(participant.camera, video),
    stream: video?.stream ?? null,
    speaking: participant.leaf === speaker,
  };
}

function screenTile(participant: ParticipantView, video: RemoteVideo | null): Tile {
  return {
    key: `screen-${String(participant.leaf)}-${participant.person.user_id}`,
    participant,
    kind: "screen",
    state: pictureState(participant.screen, video),
    stream: video?.stream ?? null,
    speaking: false,
  };
}

/** A picture that arrives is shown; without one the sender's word says whether to wait for it. */
function pictureState(wanted: boolean, video: RemoteVideo | null): MediaState {
  if (video?.state === "live") return "live";
  return wanted ? (video?.state ?? "connecting") : "off";
}

function ownTile(me: ParticipantView, media: MediaView, speaker: number | null): Tile {
  return {
    key: "own",
    participant: { ...me, microphone: media.microphone, camera: media.camera, hand: media.hand, screen: media.screen },
    kind: "camera",
    state: media.camera && media.preview ? "live" : "off",
    stream: media.preview,
    speaking: me.leaf === speaker && media.microphone,
  };
}
