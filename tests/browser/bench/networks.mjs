// What of a call is left on bad networks: three browsers, and between them and the media port a relay that loses, delays
// and narrows. Prints each figure as a share of a run on a good network, and one JSON object as the last line.
//
//   CONCLAVE_PROGRAM=target/debug/conclave node tests/browser/bench/networks.mjs [--seconds N] [--seed N] [--only NAME,…]
//     [--explain]   also what each publisher made and sent, and what alice got and asked for
//     [--step]      instead: a way of 3 Mbit/s that has 300 kbit/s for a while; how long until the pictures fit, until they
//                   are large again, and the longest time without a new one
import { parseArgs } from "node:util";
import { Person, until } from "../support/person.mjs";
import { RELAY_ADDRESS, Relay } from "../support/relay.mjs";
import { Server } from "../support/server.mjs";

const { values: options } = parseArgs({
  options: { seconds: { type: "string", default: "15" }, seed: { type: "string", default: "7" }, only: { type: "string" },
    explain: { type: "boolean", default: false }, step: { type: "boolean", default: false } },
});
const only = options.only?.split(",");
const seconds = Number(options.seconds);

const GOOD = { rate: Infinity, loss: 0, delay: 0 };
// Of a round trip of 50 ms, half is one way. The heaviest losses come last: a browser that lost half of what it sent sends
// little for half a minute.
const NETWORKS = [
  ["good", GOOD],
  ["1 Mbit/s", { ...GOOD, rate: 1_000_000, delay: 25 }],
  ["300 kbit/s", { ...GOOD, rate: 300_000, delay: 25 }],
  ["10 % loss", { ...GOOD, loss: 0.1, delay: 25 }],
  ["10 % loss, 300 ms", { ...GOOD, loss: 0.1, delay: 150 }],
  ["30 % loss", { ...GOOD, loss: 0.3, delay: 25 }],
  ["50 % loss", { ...GOOD, loss: 0.5, delay: 25 }],
];

/** Figures of `--explain` that are no counts. */
const STANDS = ["targetBitrate", "frameHeight", "availableOutgoingBitrate", "roundTrip"];

/** How long the call gets used to a network before it is measured. */
const SETTLE_MS = 4_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const relay = await Relay.start(Number(options.seed));
const server = await Server.start({ mediaListen: `127.0.0.1:${relay.port}`, args: ["--media-advertise", RELAY_ADDRESS] });
const people = await Promise.all(["alice", "bob", "carol"].map((key) => Person.open(key, { busy: true })));
const [alice, bob, carol] = people;
try {
  const links = [server.facts.invitation, await server.invite(bob.email), await server.invite(carol.email)];
  await Promise.all(people.map((person, index) => person.register(links[index])));
  await alice.createRoom("Far away", [bob.email, carol.email]);
  await Promise.all([bob.openRoom("Far away"), carol.openRoom("Far away")]);
  await alice.joinCall();
  await Promise.all([bob.joinCall(), carol.joinCall()]);
  for (const other of [bob, carol]) await alice.seesLive(other);
  await until("sound comes", async () => (await sums()).samples > 48_000);

  const measured = options.step ? { step: await step() } : {};
  // The good one is what the others are compared with.
  for (const [name, conditions] of NETWORKS.filter(([name]) => !options.step && (name === "good" || (only?.includes(name) ?? true)))) {
    relay.conditions = conditions;
    await pause(SETTLE_MS);
    const before = await sums();
    const told = options.explain ? await Promise.all(people.map(explained)) : [];
    await pause(seconds * 1_000);
    const after = await sums();
    const tell = options.explain ? await Promise.all(people.map(explained)) : [];
    const samples = after.samples - before.samples;
    measured[name] = {
      frames: after.frames - before.frames,
      audible: 1 - (after.concealed - before.concealed) / samples,
      frozen_ms: Math.round((after.frozen - before.frozen) * 1_000),
      heights: after.heights,
    };
    const { frames, audible, frozen_ms, heights } = measured[name];
    const share = frames / measured.good.frames;
    console.log(
      `${name.padEnd(18)} frames ${(100 * share).toFixed(0).padStart(4)} %   audible ${(100 * audible).toFixed(1).padStart(5)} %   frozen ${String(frozen_ms).padStart(6)} ms   heights ${heights.join(", ")}`,
    );
    for (const [index, now] of tell.entries()) {
      console.log(`  ${people[index].key}`);
      for (const [stream, figures] of Object.entries(now)) {
        const grew = Object.entries(figures).map(([key, value]) => {
          if (typeof value !== "number" || STANDS.includes(key)) return `${key} ${value}`;
          return `${key} ${value - (told[index][stream]?.[key] ?? 0)}`;
        });
        console.log(`    ${stream}: ${grew.join(", ")}`);
      }
    }
    relay.conditions = GOOD;
    await pause(SETTLE_MS);
  }
  console.log(JSON.stringify(measured));
} finally {
  await Promise.all(people.map((person) => person.close()));
  await server.remove();
  relay.close();
}

/** A way that becomes narrow for a while, and wide again: alice's pictures before, meanwhile and after. */
async function step() {
  const WIDE = { ...GOOD, rate: 3_000_000, delay: 25 };
  const phases = [["before", WIDE], ["narrow", { ...WIDE, rate: 300_000 }], ["after", WIDE]];
  relay.conditions = WIDE;
  await pause(SETTLE_MS + 1_000 * seconds);
  const seen = {};
  for (const [name, conditions] of phases) {
    relay.conditions = conditions;
    seen[name] = await alice.page.evaluate(watchPictures, seconds * 1_000);
  }
  const usual = Math.max(...seen.before.at(-1).heights);
  const fits = seen.narrow.at(-1).heights;
  const wider = (heights) => heights.some((height, index) => height > fits[index]);
  const lastWide = seen.narrow.findLast(({ heights }) => wider(heights))?.at ?? 0;
  const back = seen.after.find(({ heights }) => heights.every((height) => height >= usual))?.at ?? null;
  const result = { usual, fits, down_ms: Math.round(lastWide), up_ms: back && Math.round(back) };
  for (const name in seen) result[`longest_gap_${name}_ms`] = Math.round(Math.max(...seen[name].map(({ gap }) => gap)));
  return result;
}

/** Looks at the pictures that come, ten times a second: how high they are, and how long ago the last one of each came. */
async function watchPictures(ms) {
  const began = performance.now();
  const last = new Map();
  const looks = [];
  while (performance.now() - began < ms) {
    const now = performance.now();
    const look = { at: now - began, heights: [], gap: 0 };
    for (const connection of window.peerConnections) {
      if (connection.connectionState === "closed") continue;
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== "inbound-rtp" || report.kind !== "video" || !report.frameHeight) continue;
        const known = last.get(report.id);
        if (!known || known.frames !== report.framesDecoded) last.set(report.id, { frames: report.framesDecoded, at: now });
        look.heights.push(report.frameHeight);
        look.gap = Math.max(look.gap, now - last.get(report.id).at);
      }
    }
    looks.push(look);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return looks;
}

/** What is said of each stream of a person: what was made and sent, or got and asked for. */
function explained(person) {
  return person.page.evaluate(async () => {
    const OUT = ["framesEncoded", "keyFramesEncoded", "hugeFramesSent", "packetsSent", "retransmittedPacketsSent", "bytesSent",
      "nackCount", "pliCount", "targetBitrate", "qualityLimitationReason", "frameHeight"];
    const IN = ["packetsReceived", "packetsLost", "retransmittedPacketsReceived", "nackCount", "pliCount", "framesReceived",
      "framesDecoded", "keyFramesDecoded", "framesDropped", "freezeCount", "frameHeight"];
    const said = {};
    for (const connection of window.peerConnections) {
      if (connection.connectionState === "closed") continue;
      for (const report of (await connection.getStats()).values()) {
        const keys = { "outbound-rtp": OUT, "inbound-rtp": IN }[report.type];
        if (!keys || report.kind !== "video" || (report.packetsSent ?? report.packetsReceived) === 0) continue;
        const figures = keys.filter((key) => report[key] !== undefined).map((key) => [key, report[key]]);
        said[`${report.type === "outbound-rtp" ? "out" : "in"} ${report.mid} ${report.rid ?? ""}`] = Object.fromEntries(figures);
      }
      const pair = [...(await connection.getStats()).values()].find((report) => report.type === "candidate-pair" && report.nominated);
      if (pair) said[`way ${Object.keys(said).length}`] = { availableOutgoingBitrate: pair.availableOutgoingBitrate, roundTrip: pair.currentRoundTripTime };
    }
    return said;
  });
}

/** What alice has received so far: frames, seconds frozen, samples of sound and those that were made up. */
function sums() {
  return alice.page.evaluate(async () => {
    const sum = { frames: 0, frozen: 0, samples: 0, concealed: 0, heights: [] };
    for (const connection of window.peerConnections) {
      if (connection.connectionState === "closed") continue;
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== "inbound-rtp") continue;
        if (report.kind === "audio") {
          // Silence in a slot without a voice is made up too.
          sum.samples += report.totalSamplesReceived ?? 0;
          sum.concealed += (report.concealedSamples ?? 0) - (report.silentConcealedSamples ?? 0);
        } else {
          sum.frames += report.framesDecoded ?? 0;
          sum.frozen += report.totalFreezesDuration ?? 0;
          if (report.frameHeight) sum.heights.push(report.frameHeight);
        }
      }
    }
    return sum;
  });
}
