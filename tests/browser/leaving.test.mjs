// What the keys of someone who has left still open: what was said while they were there, and nothing of after.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { SHIPPED, buildForTests, mayBeHandedOut, mentions } from "./support/bundles.mjs";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const ROOM = "Confidential";
const FRAMES = 200;

// By then whoever stays sends with new keys only, and what was under way has arrived.
const GOES_ON_WITHIN_MS = 1_000;

let tapped;
let server;
let alice;
let bob;
let carol;

before(async () => {
  tapped = buildForTests({ VITE_TEST_TAP: "1" });
  server = await Server.start({ bundle: tapped });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((key) => Person.open(key)));
  const links = [server.facts.invitation, await server.invite(bob.email), await server.invite(carol.email)];
  await Promise.all([alice, bob, carol].map((person, index) => person.register(links[index])));
  await alice.createRoom(ROOM, [bob.email, carol.email]);
  await alice.joinCall();
  await Promise.all([bob, carol].map(async (person) => {
    await person.openRoom(ROOM);
    await person.joinCall();
  }));
  for (const [viewer, ...others] of [[alice, bob, carol], [bob, alice, carol], [carol, alice, bob]]) {
    for (const other of others) await viewer.seesLive(other);
  }
});

after(async () => {
  await Promise.all([alice, bob, carol].map((person) => person?.close()));
  await server?.remove();
  if (tapped) rmSync(tapped, { recursive: true });
});

const tap = (person, ask, frames) => person.page.evaluate(({ ask, frames }) => globalThis.frameTaps.at(-1)[ask](frames), { ask, frames });

// Leaf of the sender, from the clear header (RFC 9605 §4.3): key ids here are epoch 8 bits, leaf 12, kind 3, instance 8.
function leafOf({ video, data }) {
  const bytes = Buffer.from(data, "base64");
  const header = bytes.subarray(video ? (bytes[0] & 1 ? 1 : 10) : 0);
  const config = header[0] >> 4;
  const kid = config < 8 ? config : header.readUIntBE(1, (config & 7) + 1);
  return (kid >>> 11) & 0xfff;
}

async function epoch(person) {
  await person.role("button", "Encryption").click();
  const text = await person.page.getByTestId("call-epoch").innerText();
  await person.page.keyboard.press("Escape");
  return Number(text.replace(/\D/g, ""));
}

test("the bundle that is handed out has no tap", () => {
  assert.ok(mentions(tapped, "frameTaps"));
  assert.ok(!mentions(SHIPPED, "frameTaps"));
  assert.ok(!mayBeHandedOut(tapped) && mayBeHandedOut(SHIPPED));
});

test("B3 carol's last keys open what was said while she was there, and no frame of after", async () => {
  const stay = [alice, bob];
  // Carol sees both: from now on they send with keys that she has.
  const there = Date.now();
  for (const person of stay) {
    const enough = async () => {
      const leaves = (await tap(person, "frames")).filter(({ at }) => at > there).map(leafOf);
      return [...new Set(leaves)].filter((leaf) => leaves.filter((each) => each === leaf).length > FRAMES).length === 2;
    };
    await until(`${person.key} got frames of both others`, enough);
  }
  const last = await epoch(alice);
  const leavesAt = Date.now();
  await carol.role("button", "Leave call").click();
  await carol.role("heading", ROOM).waitFor();
  for (const person of stay) {
    await person.tile(carol.name).waitFor({ state: "detached" });
    await until(`${person.key} has new keys`, async () => (await epoch(person)) > last);
  }
  const gone = Date.now() + GOES_ON_WITHIN_MS;

  for (const person of stay) {
    const frames = await until(`${person.key} got frames without carol`, async () => {
      const frames = await tap(person, "frames");
      return frames.filter(({ at }) => at > gone).length >= FRAMES && frames;
    });
    const after = frames.filter(({ at }) => at > gone);
    const [other, ...more] = new Set(after.map(leafOf));
    assert.deepEqual(more, [], "only one other is there");
    const before = frames.filter((frame) => frame.at > there && frame.at < leavesAt && leafOf(frame) === other);
    assert.ok(before.length >= FRAMES, `${before.length} frames before`);
    const [opened, openedAfter] = [await tap(carol, "opens", before), await tap(carol, "opens", after)];
    assert.ok(opened >= 0.95 * before.length, `${opened} of ${before.length} of before open`);
    assert.equal(openedAfter, 0, `of ${after.length} frames of after`);
  }
});
