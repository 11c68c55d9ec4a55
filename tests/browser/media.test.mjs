// Media in a real browser, without a server: what is sealed flows, and nothing flows unsealed.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, beforeEach, afterEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CHROMIUM, FLAGS, until } from "./support/person.mjs";

const web = new URL("../../web/", import.meta.url);
const { chromium } = createRequire(new URL("package.json", web))("playwright-core");
const { createServer } = await import(new URL("node_modules/vite/dist/node/index.js", web).href);

let vite;
let tapped;
let browser;
let page;
let problems;

before(async () => {
  vite = await serve();
  process.env.VITE_TEST_TAP = "1";
  tapped = await serve();
  delete process.env.VITE_TEST_TAP;
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
  });
});

after(async () => {
  await browser?.close();
  await vite?.close();
  await tapped?.close();
});

async function serve() {
  const server = await createServer({ root: fileURLToPath(web), logLevel: "error", server: { port: 0, host: "127.0.0.1" } });
  await server.listen();
  return server;
}

async function open(server) {
  await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/tests/media.html`);
  await page.waitForFunction(() => "sealedMedia" in globalThis);
}

beforeEach(async () => {
  page = await browser.newPage();
  problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  await open(vite);
});

afterEach(async () => {
  await page.close();
  assert.deepEqual(problems, []);
});

const call = (name) => page.evaluate((name) => globalThis.sealedMedia[name](), name);
const keys = (who, epoch, send) =>
  page.evaluate(
    ({ who, epoch, send }) => {
      const person = globalThis.sealedMedia.people[who];
      person.enter(epoch);
      if (send) person.sendWith(epoch);
    },
    { who, epoch, send },
  );
// The encoders ran for as long as they need for this many frames.
const encoded = (frames) =>
  until(`${frames} frames encoded`, async () => (await call("counts")).reduce((sum, each) => sum + each.in, 0) >= frames);

test("the receiver without keys would see what is sent in clear", async () => {
  await call("sendClear");
  await until("clear frames are decoded", async () => (await call("onTheWire")).framesDecoded > 10);
});

test("R52 without a key nothing is sent, though the encoders run", async () => {
  await call("startPublish");
  await encoded(100);
  const counts = await call("counts");
  assert.ok(counts.every(({ out }) => out === 0), JSON.stringify(counts));
  assert.equal((await call("onTheWire")).audioPackets, 0);
  assert.equal((await call("onTheWire")).framesDecoded, 0);
});

test("R52 what is sent makes no sense without the key", async () => {
  await keys("alice", 1, true);
  await call("startPublish");
  await until("frames on the wire", async () => (await call("counts")).filter(({ out }) => out > 60).length >= 2);
  const { framesDecoded, audioPackets } = await call("onTheWire");
  // A VP8 decoder takes noise for a picture now and then; clear frames it takes all.
  assert.ok(framesDecoded < 10, `${framesDecoded} frames decoded`);
  assert.ok(audioPackets > 20);
});

test("R33 who has the key sees and hears", async () => {
  for (const who of ["alice", "bob"]) await keys(who, 1, true);
  await call("startSubscribe");
  await until("bob is live", async () => (await call("bobsStates")).every((state) => state === "live"));
  await until("bob sees", async () => (await call("atBob")).framesDecoded > 30);
  await until("bob hears", async () => (await call("atBob")).audioEnergy > 0.001);
});

test("a tile whose key is missing says so, and repairs itself", async () => {
  for (const who of ["alice", "bob"]) await keys(who, 1, true);
  await call("startSubscribe");
  await until("bob is live", async () => (await call("bobsStates")).every((state) => state === "live"));
  await keys("alice", 2, true);
  await until("bob waits", async () => (await call("bobsStates")).every((state) => state === "waiting-for-key"));
  const { framesDecoded } = await call("atBob");
  await keys("bob", 2, true);
  await until("bob is live again", async () => (await call("bobsStates")).every((state) => state === "live"));
  await until("bob sees again", async () => (await call("atBob")).framesDecoded > framesDecoded + 10);
});

test("R52 a transform that is lost sends nothing", async () => {
  await keys("alice", 1, true);
  await page.evaluate(() => {
    // A browser that forgets the transform: what is set is not there.
    Object.defineProperty(RTCRtpSender.prototype, "transform", { set() {}, get: () => null });
  });
  await call("startPublish");
  await until("it is noticed", async () => page.evaluate(() => globalThis.sealedMedia.unsealed.length === 2));
  const { packets, framesDecoded } = await call("onTheWire");
  assert.deepEqual({ packets, framesDecoded }, { packets: 0, framesDecoded: 0 });
});

test("R52 frames that are only late hold the camera for a moment, and end nothing", async () => {
  await page.evaluate(() => {
    // A sealing worker that is busy: for some looks it has taken nothing yet.
    let looks = 12;
    const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
    Object.defineProperty(MessageEvent.prototype, "data", {
      get() {
        const data = get.call(this);
        if (data?.type !== "counts" || looks <= 0) return data;
        looks -= 1;
        return { ...data, counts: [] };
      },
    });
    const { replaceTrack } = RTCRtpSender.prototype;
    RTCRtpSender.prototype.replaceTrack = function (track) {
      (globalThis.replaced ??= []).push(track?.kind ?? null);
      return replaceTrack.call(this, track);
    };
  });
  await keys("alice", 1, true);
  await call("startPublish");
  await until("a track is held", async () => (await page.evaluate(() => globalThis.replaced)).includes(null));
  await until("a held track goes on", async () => (await page.evaluate(() => globalThis.replaced)).at(-1) !== null);
  const { packets } = await call("onTheWire");
  await until("packets go on", async () => (await call("onTheWire")).packets > packets + 100);
  assert.deepEqual(await page.evaluate(() => globalThis.sealedMedia.unsealed), []);
});

test("R52 a sealing worker that crashes sends nothing more", async () => {
  await keys("alice", 1, true);
  await call("startPublish");
  await until("packets on the wire", async () => (await call("onTheWire")).packets > 100);
  await call("terminateAlice");
  const { audioPackets, framesDecoded } = await call("onTheWire");
  // Longer than it takes to send a second of audio, by the page's own clock.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_000)));
  const later = await call("onTheWire");
  assert.ok(later.framesDecoded - framesDecoded < 3, `${later.framesDecoded - framesDecoded} frames after the crash`);
  assert.ok(later.audioPackets - audioPackets < 20, `${later.audioPackets - audioPackets} packets after the crash`);
});

test("keys of one's time in the call open its frames, and none of after", async () => {
  await open(tapped);
  for (const who of ["alice", "bob"]) await keys(who, 1, true);
  await call("startSubscribe");
  await until("bob is live", async () => (await call("bobsStates")).every((state) => state === "live"));
  const bobsTap = (ask, frames) => page.evaluate(({ ask, frames }) => globalThis.frameTaps[1][ask](frames), { ask, frames });
  await until("frames before", async () => (await bobsTap("frames")).length >= 100);
  await page.evaluate(() => globalThis.sealedMedia.people.bob.end());
  await keys("alice", 2, true);
  // What alice had encoded before she switched is still on its way.
  const before = await bobsTap("frames");
  await until("frames after", async () => (await bobsTap("frames")).length >= before.length + 200);
  const after = (await bobsTap("frames")).slice(before.length + 50);
  assert.equal(await bobsTap("opens", before.slice(0, 100)), 100);
  assert.equal(await bobsTap("opens", after), 0);
});

for (const way of ["streams of frames", "pictures, one by one"]) {
  test(`a blurred background has no edges left, by ${way}`, async () => {
    // As in a browser that has no such streams.
    if (way.startsWith("pictures")) await page.evaluate(() => delete globalThis.MediaStreamTrackProcessor);
    const { before, after, stopped } = await call("blurCamera");
    assert.ok(before > 0.3, `the camera shows edges: ${before}`);
    assert.ok(after < before / 5, `blurred, ${after} of ${before} is left`);
    assert.deepEqual(stopped, ["ended", "ended"]);
  });
}
