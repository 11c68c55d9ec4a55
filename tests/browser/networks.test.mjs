// Networks that let less through than calls like: each is told before joining, and calls work where anything works.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Coturn, missing } from "./support/coturn.mjs";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const ROOM = "Far away";
const READY = "Your network is ready for calls.";
const TCP = "UDP is blocked here: the call will use TCP, which is slower.";
const RELAY = "Your network lets calls through by a relay only, which is slower.";
const BLOCKED = /^Media cannot reach this server from your network\./;

let server;
let coturn;
let people = [];

afterEach(async () => {
  await Promise.all(people.map((person) => person.close()));
  await server?.remove();
  await coturn?.stop();
  people = [];
  server = coturn = undefined;
});

async function enrol(options) {
  people = await Promise.all(["alice", "bob"].map((key) => Person.open(key, options[key])));
  const [alice, bob] = people;
  await Promise.all([alice.register(server.facts.invitation), bob.register(await server.invite(bob.email))]);
  await alice.createRoom(ROOM, [bob.email]);
  await bob.openRoom(ROOM);
  return people;
}

// Opens the screen before the call, reads there what the network does, and goes in.
async function joinsAndIsTold(person, verdict) {
  await person.page.getByRole("button", { name: /^(Start|Join) call$/ }).click();
  await person.page.getByText(verdict).waitFor();
  await person.role("button", "Join now").click();
  await person.role("toolbar", "Call controls").waitFor();
}

async function seeEachOther(...persons) {
  for (const viewer of persons) {
    for (const other of persons) {
      if (other === viewer) continue;
      await viewer.seesLive(other);
      await until(`${viewer.key} sees ${other.key} move`, async () => (await viewer.picture(other)).change > 0.5);
    }
  }
}

// The own end of each connection that stands: host, prflx or relay, over UDP or TCP, and where it leads.
async function ways(person) {
  let found = [];
  // While a way is being checked anew, none is the one in use.
  await until(`${person.key}'s ways are known`, async () => {
    found = await waysNow(person);
    return found.length > 0 && found.every(({ type }) => type !== undefined);
  });
  return found;
}

function waysNow(person) {
  return person.page.evaluate(async () => {
    const ways = [];
    for (const connection of window.peerConnections) {
      if (connection.connectionState !== "connected") continue;
      const stats = [...(await connection.getStats()).values()];
      const pair = stats.find(({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded");
      const local = stats.find(({ id }) => id === pair?.localCandidateId);
      const remote = stats.find(({ id }) => id === pair?.remoteCandidateId);
      ways.push({ type: local?.candidateType, protocol: local?.protocol, port: remote?.port });
    }
    return ways;
  });
}

test("B16 who is let through by a relay alone is in the call all the same", { skip: missing }, async () => {
  coturn = await Coturn.start("a secret of both servers");
  process.env.CONCLAVE_TURN_SECRET = coturn.secret;
  server = await Server.start({ args: ["--turn-url", coturn.url] }).finally(() => delete process.env.CONCLAVE_TURN_SECRET);
  const [alice, bob] = await enrol({});
  // Whatever the page wants, alice's browser goes by relays alone.
  await alice.page.evaluate(() => {
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration) {
        super({ ...configuration, iceTransportPolicy: "relay" });
      }
    };
  });
  await joinsAndIsTold(alice, RELAY);
  await joinsAndIsTold(bob, READY);
  // Pictures to alice may be held back where the way is slow; sound is set aside before all.
  await bob.seesLive(alice);
  await until("alice hears bob", async () => (await alice.received()).audioEnergy > 0);
  const relayed = await ways(alice);
  assert.deepEqual(relayed.map(({ type }) => type), ["relay", "relay"]);
  assert.ok((await ways(bob)).every(({ type, protocol }) => type !== "relay" && protocol === "udp"));
  assert.ok(coturn.lines.some((line) => /user <\d+:[0-9a-f]{16}>/.test(line)), "coturn saw a name that says nothing");
  assert.ok(!coturn.lines.some((line) => /alice|bob/i.test(line)));
});

test("B16 where UDP is blocked and only the port of HTTPS is open, the call goes there", async () => {
  // Clients are sent to an address at which the media port does not listen; that of HTTPS does.
  server = await Server.start({ listen: "0.0.0.0:0", args: ["--tls-self-made", "--media-advertise", "127.0.0.2"] });
  const flags = ["--ignore-certificate-errors"];
  const [alice, bob] = await enrol({ alice: { flags }, bob: { flags } });
  await joinsAndIsTold(alice, TCP);
  await joinsAndIsTold(bob, TCP);
  await seeEachOther(alice, bob);
  const port = Number(new URL(server.url).port);
  for (const person of [alice, bob]) {
    assert.deepEqual((await ways(person)).map((way) => [way.protocol, way.port]), [["tcp", port], ["tcp", port]]);
  }
});

test("B16 where nothing gets through, that is said before joining", async () => {
  server = await Server.start({ args: ["--media-advertise", "127.0.0.2"] });
  const [alice] = await enrol({});
  await alice.page.getByRole("button", { name: "Start call" }).click();
  await alice.page.getByRole("alert").filter({ hasText: BLOCKED }).waitFor();
});
