import { expect, test } from "vitest";
import type { CallView } from "../core/generated/CallView";
import type { ParticipantView } from "../core/generated/ParticipantView";
import type { SlotView } from "../core/generated/SlotView";
import { placed, playable, remoteVideos, type Heard } from "./remote";
import type { Slot } from "./subscribe";

function participant(leaf: number, on: Partial<ParticipantView> = {}): ParticipantView {
  const person = { user_id: `u${leaf}`, name: `P${leaf}`, email: "", fingerprint: "", trust: "unverified", guest: false } as const;
  const off = { microphone: false, camera: false, screen: false, hand: false, hand_place: null, away: false };
  return { leaf, person, this_device: leaf === 0, own_other_device: false, ...off, ...on };
}

function call(...participants: ParticipantView[]): CallView {
  return {
    call_id: "c",
    room_id: "r",
    phase: "joined",
    started_at: 0,
    participants,
    speaker: null,
    may_ask: false,
  may_moderate: false,
  spotlight: null,
  strangers: [],
  may_admit: false,
  lobby: [],
  locked: false,
  constant_bitrate: false,
  by: null,
    epoch: 1,
    code_digits: [],
    code_words: [],
    suite: "",
    media_suite: "",
  };
}

function slot(mid: string, id: number): Slot {
  return { media: "video", receiver: {} as RTCRtpReceiver, stream: { id: mid } as MediaStream, mid, id };
}

const bobsCamera: SlotView = { mid: "v", leaf: 1, kind: "camera", paused: false };
const places = placed([slot("v", 7), slot("w", 8)], [bobsCamera]);
const videos = (heard: [number, Heard][], view = call(participant(0), participant(1, { camera: true }))) =>
  remoteVideos(view, places, new Map(heard));

test("a picture is live only when a frame of the very person opened", () => {
  expect(videos([[7, { state: "live", leaf: 1 }]])[0]?.state).toBe("live");
  expect(videos([[7, { state: "live", leaf: 2 }]])[0]?.state).toBe("connecting");
  expect(videos([[8, { state: "live", leaf: 1 }]])[0]?.state).toBe("connecting");
});

test("a picture that cannot be opened says so", () => {
  expect(videos([[7, { state: "waiting-for-key", leaf: null }]])[0]?.state).toBe("waiting-for-key");
});

test("a camera that is off is off, whatever its slot does", () => {
  const view = call(participant(0), participant(1));
  expect(videos([[7, { state: "live", leaf: 1 }]], view)[0]?.state).toBe("off");
});

test("one's own device has no remote picture, a shared screen has one of its own", () => {
  const view = call(participant(0, { camera: true }), participant(1, { camera: true, screen: true }));
  expect(videos([], view).map(({ leaf, kind }) => `${leaf} ${kind}`)).toEqual(["1 camera", "1 screen"]);
});

test("a slot plays only while frames of its own person open", () => {
  const [place] = places;
  if (!place) throw new Error("placed");
  expect(playable(place, undefined)).toBe(false);
  expect(playable(place, { state: "live", leaf: 1 })).toBe(true);
  expect(playable(place, { state: "live", leaf: 2 })).toBe(false);
  expect(playable(place, { state: "idle", leaf: null })).toBe(false);
});
