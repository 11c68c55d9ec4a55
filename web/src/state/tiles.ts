import type { CallView } from "../core/generated/CallView";
import type { ParticipantView } from "../core/generated/ParticipantView";
import type { MediaState, MediaView, RemoteVideo } from "./media";

/** A picture in the call. */
export interface Tile {
  /** The same for as long as the same person shows the same thing. */
  readonly key: string;
  readonly participant: ParticipantView;
  readonly kind: "camera" | "screen";
  readonly state: MediaState;
  readonly stream: MediaStream | null;
  readonly speaking: boolean;
  /** A moderator wants everybody to see it large. */
  readonly spotlit: boolean;
}

/** Leaves of who speaks, and of whom a moderator wants everybody to see large. */
type Marks = Pick<CallView, "speaker" | "spotlight">;

/** All pictures of a call, wherever they are placed. */
export interface Tiles {
  /** The others, in order of leaf, which never jumps. */
  readonly people: readonly Tile[];
  /** Screens that the others share. */
  readonly screens: readonly Tile[];
  /** This device; nothing while the keys are on the way. */
  readonly own: Tile | null;
}

/** The pictures, from who is in (the key tree's word) and what media arrives. */
export function tilesOf(call: CallView, media: MediaView): Tiles {
  const remote = (leaf: number, kind: "camera" | "screen"): RemoteVideo | null =>
    media.remote.find((video) => video.leaf === leaf && video.kind === kind) ?? null;
  const others = call.participants.filter((participant) => !participant.this_device);
  const me = call.participants.find((participant) => participant.this_device);
  const marks: Marks = { speaker: call.constant_bitrate ? media.speaker : call.speaker, spotlight: call.spotlight };
  return {
    people: others.map((participant) => cameraTile(participant, remote(participant.leaf, "camera"), marks)),
    screens: others.flatMap((participant) => {
      const video = participant.screen ? remote(participant.leaf, "screen") : null;
      return video ? [screenTile(participant, video)] : [];
    }),
    own: me ? ownTile(me, media, marks) : null,
  };
}

function cameraTile(participant: ParticipantView, video: RemoteVideo | null, { speaker, spotlight }: Marks): Tile {
  return {
    key: `camera-${String(participant.leaf)}-${participant.person.user_id}`,
    participant,
    kind: "camera",
    state: pictureState(participant.camera, video),
    stream: video?.stream ?? null,
    speaking: participant.leaf === speaker,
    spotlit: participant.leaf === spotlight,
  };
}

function screenTile(participant: ParticipantView, video: RemoteVideo): Tile {
  return {
    key: `screen-${String(participant.leaf)}-${participant.person.user_id}`,
    participant,
    kind: "screen",
    state: pictureState(participant.screen, video),
    stream: video.stream,
    speaking: false,
    spotlit: false,
  };
}

/** A picture that arrives is shown; without one the sender's word says whether to wait for it. */
function pictureState(wanted: boolean, video: RemoteVideo | null): MediaState {
  if (video?.state === "live") return "live";
  return wanted ? (video?.state ?? "connecting") : "off";
}

function ownTile(me: ParticipantView, media: MediaView, { speaker, spotlight }: Marks): Tile {
  return {
    key: "own",
    participant: { ...me, microphone: media.microphone, camera: media.camera, hand: media.hand, hand_place: media.hand ? me.hand_place : null, screen: media.screen },
    kind: "camera",
    state: media.camera && media.preview ? "live" : "off",
    stream: media.preview,
    speaking: me.leaf === speaker && media.microphone,
    spotlit: me.leaf === spotlight,
  };
}
