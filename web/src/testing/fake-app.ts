import { FakeCore, someCall, someVideo } from "./fake-core";
import type { CallMessageView } from "../core/generated/CallMessageView";
import type { FileCard } from "../core/generated/FileCard";
import type { DoorView } from "../core/generated/DoorView";
import type { Delivery } from "../core/generated/Delivery";
import { alice, bob, carol, event, longHistory, participant, person, quoteOf, room, said, text } from "./fake-data";
import { fakeFiles, fileCardOf, FakeTransfers, type FakeFiles } from "./fake-files";
import { FakeMedia } from "./fake-media";
import { paintedPicture } from "./painted-picture";
import type { Client } from "../state/client";
import { paintedStream } from "./painted-stream";

/** What mode `fake` runs on: the address chooses who is signed in, the console (`window.fake`) plays the rest. */
export function fakeApp(): { core: FakeCore; media: FakeMedia; files: (client: Client) => FakeFiles } {
  const address = new URLSearchParams(window.location.search);
  const core = new FakeCore(!address.has("signed-out"));
  if (address.has("reason")) core.session = { state: "signed_out", reason: address.get("reason") };
  if (address.has("empty")) core.rooms = [];
  const media = new FakeMedia(core, true);
  Object.assign(window, {
    fake: {
      core,
      media,
      share: () => share(core, media),
      crowd: (count: number) => crowd(core, media, count),
      speaks: (leaf: number) => speaks(core, leaf),
      someCall,
      said: sentence,
      wrote: (order: number, who: "alice" | "carol", words: string) => text(order, who === "alice" ? alice : carol, Date.now(), words),
      alone: () => alone(core),
      everybody: () => everybody(core, media),
      knocking: () => knocking(core),
      file: (order: number, who: "alice" | "carol", name: string, mediaType: string, change: Partial<FileCard>, words: string) =>
        text(order, who === "alice" ? alice : carol, Date.now(), "", { body: { type: "file", file: fileCardOf(name, mediaType, change), text: words } }),
      broken: (order: number) => text(order, carol, Date.now(), "", { body: { type: "broken_file" } }),
      refuse: (refusal: string) => {
        core.rooms = core.rooms.map((room) => (room.room_id === "bob" ? { ...room, refusal } : room));
        core.tell({ type: "rooms", rooms: core.rooms });
      },
      make: { person, room, text, event, quoteOf, someVideo },
      history: (roomId: string, count: number) => core.fill(roomId, longHistory(count)),
      guest: (door: DoorView) => visit(core, door),
    },
  });
  return { core, media, files: (client) => someFiles(client) };
}

/** Pictures are painted; what is uploaded waits for what the console says. */
function someFiles(client: Client): FakeFiles {
  const fake = new FakeTransfers();
  fake.give = (_, mediaType) => (mediaType.startsWith("video/") ? paintedVideo() : paintedPicture());
  Object.assign((window as unknown as { fake: object }).fake, { transfers: fake, client });
  return fakeFiles(client, fake);
}

/** The next sentence of a conversation in the call; one's own where it is on its way. */
function sentence(order: number, text: string, delivery?: Delivery): CallMessageView {
  const who = delivery ? alice : (order % 2 === 0 ? bob : carol);
  return said(order, who, text, delivery ? { delivery } : {});
}

/** Carol shares her screen. */
function share(core: FakeCore, media: FakeMedia): void {
  if (!core.call) return;
  const participants = core.call.participants.map((p) => (p.person === carol ? { ...p, screen: true } : p));
  media.set({
    remote: [
      ...media.view().remote,
      { leaf: 1, kind: "screen", state: "live", stream: paintedStream("Carol", "screen") },
    ],
  });
  core.setCall({ ...core.call, participants });
}

/** More people come, until there are `count` others. Streams are few: each paints. */
function crowd(core: FakeCore, media: FakeMedia, count: number): void {
  if (!core.call) return;
  const streams = ["Ines Duarte", "Jonas Weber", "Kofi Mensah", "Lena Novak", "Mateo Ruiz", "Noor Haddad", "Olga Sand"].map((name) => paintedStream(name));
  const known = core.call.participants;
  const added = Array.from({ length: Math.max(0, count + 1 - known.length) }, (_, index) => {
    const name = `${CROWD[index % CROWD.length] ?? ""} ${String.fromCharCode(65 + ((index * 7) % 26))}.`;
    const who = { ...person(name), user_id: `user-crowd-${String(index)}` };
    return participant(known.length + index, who, { camera: index % 4 !== 3, microphone: index % 3 === 0 });
  });
  media.set({
    remote: [
      ...media.view().remote,
      ...added.map(({ leaf, camera }, index) => ({
        leaf,
        kind: "camera" as const,
        state: camera ? ("live" as const) : ("off" as const),
        stream: camera ? (streams[index % streams.length] ?? null) : null,
      })),
    ],
  });
  core.setCall({ ...core.call, participants: [...known, ...added] });
}

const CROWD = [
  "Ines", "Jonas", "Kofi", "Lena", "Mateo", "Noor", "Olga", "Piet", "Quynh", "Rosa", "Samir", "Tove", "Uma", "Viktor", "Wanda", "Xavi", "Yara", "Zeno",
];

/** Somebody else speaks. */
function speaks(core: FakeCore, leaf: number): void {
  if (core.call) core.setCall({ ...core.call, speaker: leaf });
}

/** Everybody else leaves. */
function alone(core: FakeCore): void {
  if (core.call) core.setCall({ ...core.call, participants: [participant(2, alice)], speaker: null });
}

/** Everybody has a camera on, and their keys are there. */
function everybody(core: FakeCore, media: FakeMedia): void {
  if (!core.call) return;
  const others = core.call.participants.filter(({ this_device }) => !this_device);
  media.set({
    remote: others.map(({ leaf, person: { name } }) => ({ leaf, kind: "camera", state: "live", stream: paintedStream(name) })),
  });
  core.setCall({ ...core.call, participants: core.call.participants.map((each) => ({ ...each, camera: true })) });
}

/** Two guests wait. */
function knocking(core: FakeCore): void {
  if (!core.call) return;
  const lobby = ["Ines Duarte", "Jonas Weber"].map((name, index) => ({ knock_id: `knock-${String(index)}`, device_id: `guest-${String(index)}`, name, invited_by: "Alice Moreau" }));
  core.setCall({ ...core.call, lobby });
}

/** One is a guest oneself, and as far as this. */
function visit(core: FakeCore, door: DoorView): void {
  const { session } = core;
  if (session.state !== "signed_in") return;
  const me = { ...person("Ines Duarte"), email: "", guest: true };
  core.tell({ type: "session", session: { ...session, me, guest: { room_id: "design", invited_by: "Alice Moreau", door } } });
}

/** A second of somebody, from the first picture on. */
function paintedVideo(): Promise<Blob> {
  const stream = paintedStream("Carol Lindqvist");
  if (!stream) return Promise.resolve(new Blob());
  const recorder = new MediaRecorder(stream, { mimeType: "video/webm" });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => {
    if (data.size > 0) parts.push(data);
    if (parts.length === 5) recorder.stop();
  });
  recorder.start(200);
  return new Promise((resolve) => recorder.addEventListener("stop", () => resolve(new Blob(parts, { type: "video/webm" }))));
}
