// What of voices the network and the server see: who speaks and who is muted, unless the room's calls have a constant
// bitrate. Two people in two browsers, and before the server a relay that looks at each packet.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { RELAY_ADDRESS, Relay } from "./support/relay.mjs";
import { rtpOf } from "./support/rtp.mjs";
import { Server } from "./support/server.mjs";

// Packets of 20 ms. SFrame's counter begins with each epoch, and has its second byte from the 257th frame on; who is beyond
// that has packets of one length for twenty minutes.
const COUNTER_GROWS = 300;
const MEASURED = 200;
const TICKS = 960;

const CHOICE = "Hide who speaks (constant bitrate)";

let relay;
let server;
let alice;
let bob;

before(async () => {
  relay = await Relay.start(1);
  server = await Server.start({ mediaListen: `127.0.0.1:${relay.port}`, args: ["--media-advertise", RELAY_ADDRESS] });
  [alice, bob] = await Promise.all(["alice", "bob"].map((key) => Person.open(key, { words: true })));
  await Promise.all([alice.register(server.facts.invitation), bob.register(await server.invite(bob.email))]);
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
  relay?.close();
});

async function meet(room) {
  await alice.createRoom(room, [bob.email]);
  await bob.openRoom(room);
  await alice.joinCall();
  await bob.joinCall();
  await alice.seesLive(bob);
  await bob.seesLive(alice);
}

async function part() {
  for (const person of [alice, bob]) await person.role("button", "Leave call").click();
  for (const person of [alice, bob]) await person.role("button", "Room details").waitFor();
}

const mute = (person) => person.role("button", "Mute microphone").click();

// What the own connection says of the voice that it sends: its source, and the number of the extension for its level.
const voiceOf = (person) => person.page.evaluate(async () => {
  for (const connection of window.peerConnections) {
    if (connection.connectionState !== "connected") continue;
    const [sender] = connection.getSenders().filter(({ track }) => track?.kind === "audio");
    if (!sender) continue;
    const report = [...(await sender.getStats()).values()].find(({ type }) => type === "outbound-rtp");
    const level = sender.getParameters().headerExtensions.find(({ uri }) => uri.endsWith("ssrc-audio-level"));
    if (report) return { ssrc: report.ssrc, level: level?.id ?? null };
  }
  return null;
});

// The packets of each source from now on.
function listen() {
  const packets = new Map();
  relay.watch = (datagram) => {
    const packet = rtpOf(datagram);
    if (!packet) return;
    if (!packets.has(packet.ssrc)) packets.set(packet.ssrc, []);
    packets.get(packet.ssrc).push(packet);
  };
  return packets;
}

const counted = (values) => Object.fromEntries([...new Set(values)].map((value) => [value, values.filter((each) => each === value).length]));

test("without it, the network sees who is muted, and how loud who speaks is", async () => {
  await meet("Open");
  const [his, hers] = [await voiceOf(bob), await voiceOf(alice)];
  await mute(bob);
  const packets = listen();
  await until("alice is heard", () => (packets.get(hers.ssrc)?.length ?? 0) > MEASURED);
  assert.ok((packets.get(his.ssrc) ?? []).length < MEASURED / 2, "nothing comes of bob, who is muted");
  const lengths = counted(packets.get(hers.ssrc).map(({ length }) => length));
  assert.ok(Object.keys(lengths).length > 1, `lengths of alice's packets tell something: ${JSON.stringify(lengths)}`);
  assert.ok(packets.get(hers.ssrc).every(({ extensions }) => extensions.includes(hers.level)));
  await bob.tile(alice.name).getByText("Speaking").waitFor({ state: "attached" });
  await part();
});

test("a moderator chooses it for the room, and all see that", async () => {
  await bob.role("button", "Room details").click();
  assert.equal(await bob.page.getByText(CHOICE).count(), 0, "bob is no moderator");
  await alice.role("button", "Room details").click();
  await alice.page.getByText(CHOICE).click();
  await bob.page.getByText(`${alice.name} set voices in calls to a constant bitrate`).waitFor();
  await bob.page.getByText("A moderator chose this.").waitFor();
  assert.ok(await alice.role("switch", CHOICE).isChecked());
  for (const person of [alice, bob]) await person.page.keyboard.press("Escape");
});

test("B15 who speaks and who is muted send packets of one length, at one pace, and no level", async (t) => {
  for (const person of [alice, bob]) await person.joinCall();
  await alice.seesLive(bob);
  await bob.seesLive(alice);
  await mute(bob);
  await alice.tile(bob.name).getByText("Microphone off").waitFor({ state: "attached" });
  const [his, hers] = [await voiceOf(bob), await voiceOf(alice)];
  assert.deepEqual([his.level, hers.level], [null, null]);
  const packets = listen();
  const enough = (count) => () => [his, hers].every(({ ssrc }) => (packets.get(ssrc)?.length ?? 0) >= count);
  await until("both voices come, muted or not", enough(COUNTER_GROWS + MEASURED));
  // Who spoke falls silent, who was silent speaks.
  await mute(alice);
  await bob.role("button", "Unmute microphone").click();
  await until("they go on", enough(COUNTER_GROWS + 2 * MEASURED));

  const sent = [his, hers].map(({ ssrc }) => packets.get(ssrc).slice(COUNTER_GROWS));
  const lengths = sent.map((each) => counted(each.map(({ length }) => length)));
  assert.equal(new Set(lengths.flatMap(Object.keys)).size, 1, `lengths of bob's and alice's packets: ${JSON.stringify(lengths)}`);
  t.diagnostic(`each has ${Object.keys(lengths[0])} bytes`);
  const types = new Set(sent.flat().map(({ type }) => type));
  assert.equal(types.size, 1, `payload types ${[...types]}`);
  for (const each of sent) {
    const [first] = each;
    const offBeat = each.filter(({ seq, time }) => ((time - first.time) >>> 0) !== ((seq - first.seq) & 0xffff) * TICKS);
    assert.deepEqual(offBeat.slice(0, 3), [], "each packet has the next 20 ms");
  }
  // Of the levels that other calls have there is no byte.
  const extensions = sent.map((each) => counted(each.map((packet) => packet.extensions.join())));
  assert.deepEqual(extensions.map((each) => Object.keys(each).length), [1, 1], JSON.stringify(extensions));
});

test("who speaks shows all the same: each hears it", async () => {
  await alice.tile(bob.name).getByText("Speaking").waitFor({ state: "attached" });
  await mute(bob);
  await alice.tile(bob.name).getByText("Microphone off").waitFor({ state: "attached" });
  await alice.role("button", "Unmute microphone").click();
  await bob.tile(alice.name).getByText("Speaking").waitFor({ state: "attached" });
  await alice.role("button", "Encryption").click();
  await alice.page.getByText("Constant bitrate: the server cannot tell who speaks").waitFor();
  if (process.env.CONCLAVE_SCREENS) await alice.page.screenshot({ path: `${process.env.CONCLAVE_SCREENS}/encryption.png` });
  await alice.page.keyboard.press("Escape");
});

test("B15 switched on in a call under way it holds at once", async () => {
  await part();
  await alice.role("button", "Room details").click();
  await alice.page.getByText(CHOICE).click();
  await bob.page.getByText(`${alice.name} set voices in calls to a variable bitrate`).waitFor();
  await alice.page.keyboard.press("Escape");
  for (const person of [alice, bob]) await person.joinCall();
  await alice.seesLive(bob);
  assert.notEqual((await voiceOf(alice)).level, null);
  // From another page of the same device.
  const page = await alice.context.newPage();
  await page.goto(new URL(alice.page.url()).href.replace(/\/call$/, ""));
  await page.getByRole("button", { name: "Room details", exact: true }).click();
  await page.getByText(CHOICE).click();
  if (process.env.CONCLAVE_SCREENS) await page.screenshot({ path: `${process.env.CONCLAVE_SCREENS}/details.png` });
  for (const person of [alice, bob]) {
    await until(`${person.key}'s voice is constant`, async () => (await voiceOf(person))?.level === null);
  }
  await alice.seesLive(bob);
  await bob.seesLive(alice);
  const before = await bob.received();
  await until("bob hears alice", async () => (await bob.received()).audioEnergy > before.audioEnergy);
});

test("no page had an error", () => {
  assert.deepEqual([...alice.problems, ...bob.problems], []);
});
