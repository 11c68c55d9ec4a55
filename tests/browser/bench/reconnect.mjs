// How long a call is without pictures when a client's address changes, and when the server is killed. Two browsers, one in
// a network of its own behind a link of which the address changes. Prints for each the median, the 95th percentile and the
// longest, and one JSON object as the last line. Needs root (for the networks, which end with it) and `ip`.
//
//   CONCLAVE_PROGRAM=target/release/conclave scripts/own-network.sh node tests/browser/bench/reconnect.mjs [--rounds N]
//     [--only address,kill]
import { parseArgs } from "node:util";
import { Elsewhere, SERVER } from "../support/elsewhere.mjs";
import { Person } from "../support/person.mjs";
import { Server } from "../support/server.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "20" }, only: { type: "string", default: "address,kill" } },
});
const rounds = Number(options.rounds);

/** How often pictures are counted, and what is a gap: three times what a picture takes on a busy machine. */
const LOOK_MS = 50;
const GAP_MS = 400;

/** How long a round is watched; what is not back by then counts as that long. */
const WATCH_MS = 15_000;
const PAUSE_MS = 4_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long pictures were away after `event`, at each of the people: until the end of the longest gap. */
async function away(people, event) {
  const begun = performance.now();
  const ends = people.map(() => 0);
  const longest = people.map(() => GAP_MS);
  const last = people.map(() => ({ at: begun, frames: -1 }));
  await event();
  while (performance.now() - begun < WATCH_MS) {
    const frames = await Promise.all(people.map((person) => person.received().then(({ framesDecoded }) => framesDecoded)));
    const now = performance.now();
    for (const [place, count] of frames.entries()) {
      // A new connection counts from nothing.
      if (count === last[place].frames) continue;
      const gap = now - last[place].at;
      if (gap > longest[place] && last[place].frames >= 0) [ends[place], longest[place]] = [now - begun, gap];
      last[place] = { at: now, frames: count };
    }
    await pause(LOOK_MS);
  }
  const now = performance.now();
  return ends.map((end, place) => (now - last[place].at > GAP_MS * 3 ? WATCH_MS : end));
}

function told(name, times) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
  const figures = { p50_ms: at(0.5), p95_ms: at(0.95), longest_ms: Math.round(sorted.at(-1)), rounds: times.length };
  console.log(`${name}: without pictures p50 ${figures.p50_ms} ms, p95 ${figures.p95_ms} ms, longest ${figures.longest_ms} ms, ${times.length} times`);
  return figures;
}

let elsewhere;
const people = [];
let server;
try {
  elsewhere = await Elsewhere.open();
  const listen = `${SERVER}:0`;
  const args = ["--tls-self-made"];
  server = await Server.start({ listen, mediaListen: listen, args });
  const flags = ["--ignore-certificate-errors"];
  const alice = await Person.open("alice", { flags, busy: true, program: elsewhere.program });
  people.push(alice);
  const bob = await Person.open("bob", { flags, busy: true });
  people.push(bob);
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await alice.createRoom("On the road", [bob.email]);
  await bob.openRoom("On the road");
  for (const person of people) await person.joinCall();
  await alice.seesLive(bob);
  await bob.seesLive(alice);
  await pause(PAUSE_MS);

  const measured = {};
  if (options.only.includes("address")) {
    const times = [];
    for (let round = 0; round < rounds; round += 1) {
      const [atAlice, atBob] = await away(people, () => elsewhere.change());
      console.error(`address ${round}: ${Math.round(atAlice)} ms, ${Math.round(atBob)} ms`);
      times.push(Math.max(atAlice, atBob));
    }
    measured.address = told("address changes", times);
  }
  if (options.only.includes("kill")) {
    const times = [];
    const port = (url) => new URL(url).port;
    for (let round = 0; round < rounds; round += 1) {
      const ends = await away(people, async () => {
        await server.stop("SIGKILL");
        const { data } = server;
        server = await Server.start({ data, listen: `${SERVER}:${port(server.url)}`, mediaListen: listen, args });
      });
      console.error(`kill ${round}: ${ends.map(Math.round).join(" ms, ")} ms`);
      times.push(Math.max(...ends));
    }
    measured.kill = told("server killed", times);
  }
  console.log(JSON.stringify(measured));
} finally {
  await Promise.all(people.map((person) => person.close()));
  await server?.remove();
  elsewhere?.close();
}
