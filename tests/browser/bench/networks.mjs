// What of a call is left on bad networks: three browsers, and between them and the media port a relay that loses, delays
// and narrows. Prints each figure as a share of a run on a good network, and one JSON object as the last line.
//
//   CONCLAVE_PROGRAM=target/debug/conclave node tests/browser/bench/networks.mjs [--seconds N] [--seed N] [--only NAME,…]
import { parseArgs } from "node:util";
import { Person, until } from "../support/person.mjs";
import { RELAY_ADDRESS, Relay } from "../support/relay.mjs";
import { Server } from "../support/server.mjs";

const { values: options } = parseArgs({
  options: { seconds: { type: "string", default: "15" }, seed: { type: "string", default: "7" }, only: { type: "string" } },
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

  const measured = {};
  // The good one is what the others are compared with.
  for (const [name, conditions] of NETWORKS.filter(([name]) => name === "good" || (only?.includes(name) ?? true))) {
    relay.conditions = conditions;
    await pause(SETTLE_MS);
    const before = await sums();
    await pause(seconds * 1_000);
    const after = await sums();
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
    relay.conditions = GOOD;
    await pause(SETTLE_MS);
  }
  console.log(JSON.stringify(measured));
} finally {
  await Promise.all(people.map((person) => person.close()));
  await server.remove();
  relay.close();
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
