// Firefox beside Chromium in one call. Runs in a network of its own: scripts/own-network.sh node --test FILE
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADDRESS, FirefoxPerson } from "./support/firefox.mjs";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

if (!ADDRESS) throw new Error("Firefox needs a network of its own: scripts/own-network.sh node --test tests/browser/firefox.test.mjs");

// Of all frames that come, so many may be left out as known already: what is sent again because it was late comes twice.
const KNOWN_SHARE = 0.02;

let server;
let alice;
let bob;
const ROOM = "Two browsers";

before(async () => {
  server = await Server.start({ mediaListen: `${ADDRESS}:0` });
  alice = await Person.open("alice");
  bob = await FirefoxPerson.open("bob");
  await Promise.all([alice, bob].map(watchFrames));
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
});

// Keeps which transforms receive, and what the frame worker of the call tells its page of them.
function watchFrames(person) {
  return person.context.addInitScript(() => {
    const { Worker, RTCRtpScriptTransform } = window;
    window.RTCRtpScriptTransform = class extends RTCRtpScriptTransform {
      constructor(worker, options) {
        super(worker, options);
        if (options.role === "receive") window.frameReports.receivers.push(options.id);
      }
    };
    window.Worker = class extends Worker {
      constructor(url, options) {
        super(url, options);
        if (options?.name !== "frames") return;
        window.frameReports = { receivers: [], lacked: 0, counts: [] };
        this.addEventListener("message", ({ data }) => {
          if (data.type === "counts") window.frameReports.counts = data.counts;
          if (data.type === "receiver" && data.state === "waiting-for-key") window.frameReports.lacked += 1;
        });
      }
    };
  });
}

// Frames that came and frames that opened, of all receivers together, and how often a receiver lacked a key.
function opened(person) {
  return person.page.evaluate(() => {
    const { receivers, lacked, counts } = window.frameReports;
    const received = counts.filter(({ id }) => receivers.includes(id));
    const sum = (of) => received.reduce((sum, each) => sum + each[of], 0);
    return { came: sum("in"), opened: sum("out"), lacked };
  });
}

async function seeEachOther() {
  for (const [viewer, other] of [[alice, bob], [bob, alice]]) {
    await viewer.seesLive(other);
    const { framesDecoded } = await viewer.received();
    await until(`${viewer.key} sees ${other.key} move`, async () => (await viewer.picture(other)).change > 0.5);
    await until(`${viewer.key} decodes`, async () => (await viewer.received()).framesDecoded > framesDecoded + 10);
  }
}

async function hearEachOther() {
  for (const viewer of [alice, bob]) {
    const before = await viewer.received();
    await until(`${viewer.key} hears`, async () => {
      const { audioSeconds, audioEnergy } = await viewer.received();
      return audioSeconds > before.audioSeconds + 0.5 && audioEnergy > before.audioEnergy + 0.001;
    });
  }
}

test("people at Chromium and at Firefox share a room", async () => {
  await Promise.all([alice.register(server.facts.invitation), bob.register(await server.invite(bob.email))]);
  await alice.createRoom(ROOM, [bob.email]);
  await bob.openRoom(ROOM);
  await bob.send("Hello from Firefox");
  await alice.sees("Hello from Firefox");
  await alice.send("Hello from Chromium");
  await bob.sees("Hello from Chromium");
});

test("Firefox has what it wrote and read after a reload, and after it was closed", async () => {
  await bob.page.reload();
  await bob.sees("Hello from Chromium");
  await bob.restart(server.url);
  await watchFrames(bob);
  await bob.page.reload();
  await bob.isIn();
  await bob.openRoom(ROOM);
  await bob.sees("Hello from Firefox");
  await bob.send("Back again");
  await alice.sees("Back again");
});

test("R33 R52 Chromium and Firefox see and hear each other in one call", async () => {
  await alice.joinCall();
  await bob.page.getByRole("button", { name: "Join call" }).click();
  await bob.page.getByText("Your network is ready for calls.").waitFor();
  await bob.role("button", "Join now").click();
  await bob.role("toolbar", "Call controls").waitFor();
  await seeEachOther();
  await hearEachOther();
  const { mean } = await bob.picture(alice);
  assert.equal(mean.indexOf(Math.max(...mean)), 0, `alice's red picture arrives as ${mean}`);
});

test("every frame that comes opens, in both browsers", async () => {
  for (const viewer of [alice, bob]) {
    const before = await opened(viewer);
    const later = await until(`${viewer.key} gets frames`, async () => {
      const now = await opened(viewer);
      return now.came > before.came + 300 && now;
    });
    const [came, known] = [later.came - before.came, later.came - later.opened - (before.came - before.opened)];
    assert.ok(known <= came * KNOWN_SHARE, `${viewer.key}: of ${came} frames ${known} did not open`);
    assert.equal(later.lacked, before.lacked, `${viewer.key} lacked a key`);
  }
});

test("a screen shared from Chromium is on Firefox's stage, beside the camera", async () => {
  const screen = { name: `${alice.name}, sharing screen` };
  await alice.role("button", "Share screen").click();
  await bob.seesLive(screen);
  await until("bob sees the screen move", async () => (await bob.picture(screen)).change > 0.5);
  await bob.seesLive(alice);
  await alice.role("button", "Stop sharing").click();
  await bob.tile(screen.name).waitFor({ state: "detached" });
});

test("who turns the microphone off is off for the other browser, and on again", async () => {
  for (const [speaker, viewer] of [[alice, bob], [bob, alice]]) {
    const off = viewer.tile(speaker.name).getByText("Microphone off");
    await speaker.role("button", "Mute microphone").click();
    await off.waitFor({ state: "attached" });
    await speaker.role("button", "Unmute microphone").click();
    await off.waitFor({ state: "detached" });
  }
  await hearEachOther();
});

test("without noise suppression the other is heard on, and the echo stays out", async () => {
  const processing = () =>
    alice.page.evaluate(() => {
      const senders = window.peerConnections.filter((each) => each.connectionState === "connected").flatMap((each) => each.getSenders());
      const { noiseSuppression, echoCancellation } = senders.find(({ track }) => track?.kind === "audio").track.getSettings();
      return { noiseSuppression, echoCancellation };
    });
  assert.deepEqual(await processing(), { noiseSuppression: true, echoCancellation: true });
  await alice.role("button", "Audio and video").click();
  await alice.page.getByText("Noise suppression").click();
  await until("noise is let through", async () => !(await processing()).noiseSuppression);
  assert.deepEqual(await processing(), { noiseSuppression: false, echoCancellation: true });
  await alice.page.keyboard.press("Escape");
  await hearEachOther();
});

test("Firefox measures the call", async () => {
  await bob.page.keyboard.press("t");
  const panel = bob.role("complementary", "Statistics");
  await panel.getByText("Directly (UDP)").waitFor();
  await panel.getByRole("heading", { name: "Your camera" }).waitFor();
  await panel.getByRole("heading", { name: `${alice.name}, camera` }).waitFor();
  await until("something comes in", async () => /Receiving\s+[1-9][\d.]* (k|M)bit\/s/.test(await panel.innerText()));
  assert.match(await panel.innerText(), /Codec\s+opus/i);
  assert.match(await panel.innerText(), /\d+ × \d+, \d+ per second/);
  await bob.page.keyboard.press("Escape");
});

test("Firefox leaves the call and comes back", async () => {
  await bob.role("button", "Leave call").click();
  await bob.role("heading", ROOM).waitFor();
  await alice.tile(bob.name).waitFor({ state: "detached" });
  await bob.joinCall();
  await seeEachOther();
  await hearEachOther();
});

test("no page had an error", () => {
  assert.deepEqual([...alice.problems, ...bob.problems], []);
});
