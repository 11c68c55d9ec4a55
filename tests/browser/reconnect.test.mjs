// A call goes on by itself when an address changes and when the server is killed. Runs in a network of its own:
// scripts/own-network.sh node --test FILE
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Elsewhere, SERVER } from "./support/elsewhere.mjs";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

if (!process.env.CONCLAVE_OWN_NETWORK) {
  throw new Error("Addresses change in a network of its own: scripts/own-network.sh node --test tests/browser/reconnect.test.mjs");
}

/** What never ends must fail; four times what it takes on a busy machine. */
const timeout = 120_000;

const args = ["--tls-self-made"];
const flags = ["--ignore-certificate-errors"];
let server;
let elsewhere;
let alice;
let bob;

before(async () => {
  elsewhere = await Elsewhere.open();
  server = await Server.start({ listen: `${SERVER}:0`, mediaListen: `${SERVER}:0`, args });
  alice = await Person.open("alice", { flags, program: elsewhere.program });
  bob = await Person.open("bob", { flags });
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await alice.createRoom("On the road", [bob.email]);
  await bob.openRoom("On the road");
  for (const person of [alice, bob]) await person.joinCall();
  await seeEachOther();
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
  elsewhere?.close();
});

async function seeEachOther() {
  for (const [viewer, other] of [[alice, bob], [bob, alice]]) {
    await viewer.seesLive(other);
    await until(`${viewer.key} sees ${other.key} move`, async () => (await viewer.picture(other)).change > 0.5);
  }
}

// Waits until pictures have stopped for a moment, so that what is seen after is of after.
async function stops(person) {
  let before = -1;
  await until(`${person.key}'s pictures stop`, async () => {
    const { framesDecoded } = await person.received();
    const same = framesDecoded === before;
    before = framesDecoded;
    return same;
  });
}

test("an address that changes is noticed before the browser does, and the call goes on", { timeout }, async () => {
  elsewhere.change();
  await Promise.all([stops(alice), stops(bob)]);
  await seeEachOther();
});

test("a server that is killed and started again has everybody back in the call without a click", { timeout }, async () => {
  const { data, url } = server;
  await server.stop("SIGKILL");
  await Promise.all([stops(alice), stops(bob)]);
  server = await Server.start({ data, listen: `${SERVER}:${new URL(url).port}`, mediaListen: `${SERVER}:0`, args });
  await seeEachOther();
  for (const person of [alice, bob]) await person.role("toolbar", "Call controls").waitFor();
});

test("no page had an error of its own", () => {
  // What the browser itself says of a connection that broke is no error of the page.
  const own = [...alice.problems, ...bob.problems].filter((text) => !/net::|WebSocket/.test(text));
  assert.deepEqual(own, []);
});
