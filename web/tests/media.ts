/// <reference types="vite/client" />
/**
 * The real publishing and subscribing, connected within one page: `wire` is a receiver without keys, which decodes
 * whatever would leave in clear. Driven by `tests/browser/media.test.mjs`.
 */
import type { TrackKind } from "../src/core/wire.ts";
import { Blur } from "../src/media/blur/blur.ts";
import type { Offer } from "../src/media/connection.ts";
import { Publish } from "../src/media/publish.ts";
import { Speaker } from "../src/media/speaker.ts";
import { Subscribe } from "../src/media/subscribe.ts";
import * as updates from "../src/core/media-updates.mjs";
import { answer, gathered, Person } from "./people.ts";

const ALICE = 1;
const BOB = 2;

const people = { alice: new Person(ALICE, [ALICE, BOB]), bob: new Person(BOB, [ALICE, BOB]) };
const wire = { pc: null as RTCPeerConnection | null };
const unsealed: TrackKind[] = [];
let publish: Publish | null = null;
let subscribe: Subscribe | null = null;
let relay: RTCPeerConnection | null = null;
let tracks: MediaStreamTrack[] = [];

async function devices(): Promise<MediaStreamTrack[]> {
  if (tracks.length === 0) tracks = (await navigator.mediaDevices.getUserMedia({ audio: true, video: true })).getTracks();
  return tracks;
}

function there<T>(thing: T | null): T {
  if (thing === null) throw new Error("not started");
  return thing;
}

/** The offer waits for its own candidates, which a server does not need. */
function offerTo(pc: () => RTCPeerConnection, offering: () => RTCPeerConnection): Offer {
  return async () => {
    await gathered(offering());
    return answer(pc(), offering().localDescription?.sdp ?? "");
  };
}

async function startPublish(): Promise<void> {
  const receiving = new RTCPeerConnection();
  wire.pc = receiving;
  const offer = offerTo(() => receiving, () => there(publish).pc);
  publish = new Publish(people.alice.frames, [], offer, {
    connected: () => {},
    silent: () => {},
    lost: () => {},
    unsealed: (kind) => unsealed.push(kind),
  });
  await publish.open();
  for (const track of await devices()) await publish.send(track.kind === "audio" ? "microphone" : "camera", track);
}

function stopPublish(): void {
  publish?.close();
  wire.pc?.close();
}

async function startSubscribe(): Promise<void> {
  const sending = new RTCPeerConnection();
  relay = sending;
  for (const track of await devices()) {
    const sender = sending.addTrack(track);
    people.alice.frames.seal(sender, track.kind === "audio" ? "microphone" : "camera");
  }
  subscribe = new Subscribe(people.bob.frames, [], offerTo(() => sending, () => there(subscribe).pc), {
    connected: () => {},
    silent: () => {},
    lost: () => {},
  });
  await subscribe.grow({ audio: 1, video: 1 });
  const kinds: Record<string, TrackKind> = { audio: "microphone", video: "camera" };
  const slots = subscribe.slots.map(({ mid, media }) => ({ mid: mid ?? "", leaf: ALICE, kind: kinds[media] ?? "screen" }));
  people.bob.give(updates.expect(slots));
  for (const slot of subscribe.slots) subscribe.play(slot, true);
  // Browsers measure the energy of what is played.
  new Speaker(() => {}).play(subscribe.slots.filter(({ media }) => media === "audio").map(({ stream }) => stream));
}

/** A track that is sent in clear, to see that `received` can tell. */
async function sendClear(): Promise<void> {
  const [sending, receiving] = [new RTCPeerConnection(), new RTCPeerConnection()];
  wire.pc = receiving;
  for (const track of await devices()) sending.addTrack(track);
  await sending.setLocalDescription();
  await gathered(sending);
  const reply = await answer(receiving, sending.localDescription?.sdp ?? "");
  if (reply.type === "sdp_answer") await sending.setRemoteDescription({ type: "answer", sdp: reply.value.sdp });
}

/**
 * How sharp the sharpest edge is where the fake camera shows its clock, as a share of what is possible. The disc in the middle
 * may be taken for somebody.
 */
async function sharpness(track: MediaStreamTrack): Promise<number> {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, srcObject: new MediaStream([track]) });
  await video.play();
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  const width = Math.round(video.videoWidth / 4);
  const height = Math.round(video.videoHeight / 6);
  const brush = new OffscreenCanvas(width, height).getContext("2d");
  brush?.drawImage(video, 0, 0);
  const { data } = there(brush).getImageData(0, 0, width, height);
  let sharpest = 0;
  for (let at = 1; at < data.length - 4; at += 4) {
    if (((at - 1) / 4) % width !== width - 1) sharpest = Math.max(sharpest, Math.abs((data[at] ?? 0) - (data[at + 4] ?? 0)));
  }
  return sharpest / 255;
}

/** The camera as it is, and with what is behind somebody blurred. */
async function blurCamera(): Promise<{ before: number; after: number; stopped: string[] }> {
  const [camera] = (await navigator.mediaDevices.getUserMedia({ video: true })).getTracks();
  const before = await sharpness(there(camera ?? null));
  const blur = await Blur.start(there(camera ?? null), () => {});
  const after = await sharpness(blur.track);
  blur.stop();
  return { before, after, stopped: [camera, blur.track].map((track) => track?.readyState ?? "") };
}

/** What a connection received, and could make sense of. */
async function received(pc: RTCPeerConnection | null | undefined): Promise<Record<string, number>> {
  const sums = { packets: 0, audioPackets: 0, framesDecoded: 0, audioEnergy: 0, keyFrames: 0 };
  for (const stat of ((await pc?.getStats()) ?? new Map()).values() as Iterable<Record<string, unknown>>) {
    if (stat["type"] !== "inbound-rtp") continue;
    sums.packets += Number(stat["packetsReceived"] ?? 0);
    if (stat["kind"] === "audio") sums.audioPackets += Number(stat["packetsReceived"] ?? 0);
    sums.framesDecoded += Number(stat["framesDecoded"] ?? 0);
    sums.keyFrames += Number(stat["keyFramesDecoded"] ?? 0);
    sums.audioEnergy += Number(stat["totalAudioEnergy"] ?? 0);
  }
  return sums;
}

const page = {
  people,
  unsealed,
  startPublish,
  stopPublish,
  startSubscribe,
  sendClear,
  blurCamera,
  onTheWire: () => received(wire.pc),
  atBob: () => received(subscribe?.pc),
  bobsStates: () => subscribe?.slots.map(({ id }) => people.bob.states.get(id)?.state ?? "idle"),
  counts: async () => [...(await people.alice.frames.counts()).values()],
  terminateAlice: () => people.alice.frames.terminate(),
  relayState: () => relay?.connectionState,
};

declare global {
  var sealedMedia: typeof page;
}
globalThis.sealedMedia = page;
