// Calls over bad networks: a relay between three browsers and the media port narrows, loses and delays.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { RELAY_ADDRESS, Relay } from "./support/relay.mjs";
import { Server } from "./support/server.mjs";

const ROOM = "Far away";
const SEED = 7;

/** Heights in pixels of what a camera with 360 lines sends. */
const LARGE = 360;
const SMALL = 180;

let relay;
let server;
let alice;
let bob;
let carol;

before(async () => {
  relay = await Relay.start(SEED);
  server = await Server.start({ mediaListen: `127.0.0.1:${relay.port}`, args: ["--media-advertise", RELAY_ADDRESS] });
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((key) => Person.open(key, { busy: true })));
  const links = [server.facts.invitation, await server.invite(bob.email), await server.invite(carol.email)];
  await Promise.all([alice, bob, carol].map((person, index) => person.register(links[index])));
  await alice.createRoom(ROOM, [bob.email, carol.email]);
  await Promise.all([bob.openRoom(ROOM), carol.openRoom(ROOM)]);
  await alice.joinCall();
  await Promise.all([bob.joinCall(), carol.joinCall()]);
  for (const other of [bob, carol]) await alice.seesLive(other);
  await watch(alice);
});

after(async () => {
  await Promise.all([alice, bob, carol].map((person) => person?.close()));
  await server?.remove();
  relay?.close();
});

/** Notes for each picture, ten times a second, what was decoded so far. */
async function watch(person) {
  await person.page.evaluate(() => {
    window.looks = [];
    setInterval(async () => {
      const look = { at: performance.now(), audio: 0, pictures: {} };
      for (const connection of window.peerConnections) {
        if (connection.connectionState === "closed") continue;
        for (const report of (await connection.getStats()).values()) {
          if (report.type !== "inbound-rtp") continue;
          if (report.kind === "audio") look.audio += report.totalAudioEnergy ?? 0;
          else look.pictures[report.mid] = { frames: report.framesDecoded ?? 0, height: report.frameHeight ?? 0 };
        }
      }
      window.looks.push(look);
    }, 100);
  });
}

const looks = (person) => person.page.evaluate(() => window.looks);
const now = (person) => person.page.evaluate(() => performance.now());
const states = (person) => person.page.locator("[data-media]").evaluateAll((tiles) => tiles.map((tile) => tile.dataset.media));

/** The pictures that move, by their heights. */
async function heights(person) {
  const all = await looks(person);
  const [before, last] = [all.at(-6), all.at(-1)];
  const moving = Object.entries(last.pictures).filter(([mid, { frames }]) => frames > (before.pictures[mid]?.frames ?? 0));
  return moving.map(([, { height }]) => height).sort((a, b) => b - a);
}

/** The longest time in milliseconds in which nothing new of any picture was decoded. */
async function longestFreeze(person, since) {
  let longest = 0;
  let at = since;
  let frames = -1;
  for (const look of (await looks(person)).filter((each) => each.at >= since)) {
    const sum = Object.values(look.pictures).reduce((total, picture) => total + picture.frames, 0);
    if (sum > frames) at = look.at;
    frames = Math.max(frames, sum);
    longest = Math.max(longest, look.at - at);
  }
  return longest;
}

test("on a wide way everybody is shown as large as the tiles are", async () => {
  relay.conditions.rate = 3_000_000;
  await until("both pictures are large", async () => String(await heights(alice)) === String([LARGE, LARGE]));
});

test("a way that narrows gets small pictures within three seconds, without a freeze", async () => {
  const narrowed = await now(alice);
  relay.conditions.rate = 300_000;
  await until("no picture is large", async () => (await heights(alice)).every((height) => height <= SMALL), 3_000);
  await until("the way settles", async () => (await now(alice)) > narrowed + 8_000);
  const shown = await states(alice);
  assert.ok(shown.includes("live"), String(shown));
  assert.ok(shown.every((state) => state === "live" || state === "paused"), String(shown));
  assert.ok((await heights(alice)).every((height) => height <= SMALL));
  const freeze = await longestFreeze(alice, narrowed);
  assert.ok(freeze < 1_000, `nothing moved for ${freeze} ms`);
});

test("a way that widens again gets large pictures within five seconds", async () => {
  relay.conditions.rate = 3_000_000;
  await until("both pictures are large", async () => String(await heights(alice)) === String([LARGE, LARGE]), 5_000);
  assert.deepEqual(await states(alice), ["live", "live"]);
});
