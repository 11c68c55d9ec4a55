// One person, several devices and tabs.
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { Capture, streams } from "./support/canary.mjs";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

let server;
let alice;
let bob;
let phone;
const ROOM = "Second screen";

before(async () => {
  server = await Server.start();
  [alice, bob, phone] = await Promise.all([
    Person.open("alice"),
    Person.open("bob"),
    Person.open("alice", { device: "2", width: 390, height: 844 }),
  ]);
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await alice.createRoom(ROOM, [bob.email]);
  await alice.send("Before the phone");
  await bob.openRoom(ROOM);
  await bob.sees("Before the phone");
});

after(async () => {
  await Promise.all([alice, bob, phone].map((person) => person?.close()));
  await server?.remove();
});

test("R48 a second device has the rooms and titles, new messages and no old ones", async () => {
  await phone.signIn(server.url);
  await phone.isIn();
  await phone.openRoom(ROOM);
  // The server lets bob's message in only after the phone's leaf is there; it is, once the room is ready.
  await bob.send("After the phone");
  await phone.sees("After the phone");
  const seen = (await phone.messages()).join("\n");
  assert.ok(!seen.includes("Before the phone"), seen);
  await phone.send("Sent from the phone");
  for (const person of [alice, bob]) {
    await person.openRoom(ROOM);
    await person.sees("Sent from the phone");
  }
});

test("the list of devices shows both", async () => {
  await alice.page.getByRole("button", { name: alice.name }).first().click();
  await alice.role("menuitem", "Devices").click();
  await alice.role("heading", "Devices").waitFor();
  await until("two devices", async () => (await alice.page.getByRole("main").getByRole("listitem").count()) >= 2);
});

test("two tabs are one device", async () => {
  await alice.page.goto(server.url);
  await alice.openRoom(ROOM);
  const second = await alice.context.newPage();
  alice.watch(second);
  await second.goto(alice.page.url());
  await second.getByRole("textbox", { name: "Message", exact: true }).fill("From the second tab");
  await second.getByRole("button", { name: "Send", exact: true }).click();
  await bob.sees("From the second tab");
  await alice.sees("From the second tab");
  // The first tab goes; the second takes over what it held.
  await alice.page.close();
  alice.page = second;
  await alice.send("The first tab is gone");
  await bob.sees("The first tab is gone");
  const seen = (await bob.messages()).join("\n");
  assert.equal(seen.split("From the second tab").length - 1, 1, seen);
});

test("a call in one tab goes on when the tab that leads is closed", async () => {
  const second = await alice.context.newPage();
  alice.watch(second);
  await second.goto(alice.page.url());
  const first = alice.page;
  alice.page = second;
  await alice.joinCall();
  await bob.joinCall();
  await alice.seesLive(bob);
  await bob.seesLive(alice);
  await first.close();
  // Beside the two that there were, and the one that tried the network before.
  await until("alice has new connections", () => second.evaluate(() => window.peerConnections.filter(({ connectionState }) => connectionState === "connected").length === 2 && window.peerConnections.length > 3));
  for (const [viewer, other] of [[alice, bob], [bob, alice]]) {
    await viewer.seesLive(other);
    await until(`${viewer.key} sees ${other.key} move`, async () => (await viewer.picture(other)).change > 0.5);
  }
  await alice.role("button", "Mute microphone").waitFor();
  // Whose tone is marked as the speaker is chance.
  await bob.tile(alice.name).getByText(/^(Microphone on|Speaking)$/).waitFor();
  for (const person of [alice, bob]) {
    await person.role("button", "Leave call").click();
    await person.role("heading", ROOM).waitFor();
  }
});

test("a device whose store was deleted signs in again and works", async () => {
  await phone.page.goto("about:blank");
  const session = await phone.context.newCDPSession(phone.page);
  await session.send("Storage.clearDataForOrigin", { origin: new URL(server.url).origin, storageTypes: "all" });
  await phone.signIn(server.url);
  await phone.isIn();
  await phone.openRoom(ROOM);
  await phone.send("New store, same person");
  await bob.sees("New store, same person");
});

// Epochs of the messages to the room that alice sent meanwhile, over connections that were opened meanwhile.
async function epochsSent(act) {
  const file = join(server.data, "..", `epochs-${process.pid}.pcap`);
  const capture = await Capture.start(file, new URL(server.url).port);
  try {
    await act();
    return await until("the capture has the messages", () => {
      const text = streams(readFileSync(file)).map((bytes) => bytes.toString("latin1")).join("\n");
      const room = /[^/]*$/.exec(alice.page.url())[0];
      const sends = text.matchAll(new RegExp(`"room_send":{"room_id":"${room}","generation":\\d+,"epoch":(\\d+)`, "g"));
      const epochs = Array.from(sends, ([, epoch]) => Number(epoch));
      return epochs.length > 0 && epochs;
    });
  } finally {
    await capture.stop();
    rmSync(file);
  }
}

test("an old copy of a store is recognised, encrypts nothing, and repairs itself", async () => {
  const profile = join(alice.directory, "profile");
  const copy = join(alice.directory, "copy");
  await alice.context.close();
  cpSync(profile, copy, { recursive: true });
  await alice.start();
  const before = await epochsSent(async () => {
    await alice.page.goto(server.url);
    await alice.openRoom(ROOM);
    await alice.send("Not in the copy");
    await bob.sees("Not in the copy");
  });

  await alice.context.close();
  rmSync(profile, { recursive: true });
  cpSync(copy, profile, { recursive: true });
  await alice.start();
  const after = await epochsSent(async () => {
    await alice.page.goto(server.url);
    await alice.page.getByRole("alert").filter({ hasText: "older than what the server has seen" }).waitFor();
    await alice.openRoom(ROOM);
    await alice.send("Repaired");
    await bob.sees("Repaired");
    await bob.send("Welcome back");
    await alice.sees("Welcome back");
  });
  // Whatever the copy's keys could encrypt would be of an epoch that had been used.
  assert.ok(Math.min(...after) > Math.max(...before), `${after} after ${before}`);
});

test("signing out and in again repairs it for good", async () => {
  await alice.page.getByRole("button", { name: alice.name }).first().click();
  await alice.role("menuitem", "Sign out").click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "Sign out", exact: true }).click();
  await alice.signIn(server.url);
  await alice.isIn();
  await alice.openRoom(ROOM);
  await alice.send("Signed in anew");
  await bob.sees("Signed in anew");
});

test("R82 R83 nobody gets a cookie", async () => {
  for (const person of [alice, bob, phone]) assert.deepEqual(await person.context.cookies(), []);
});

test("signing out wipes the device", async () => {
  await phone.page.goto(server.url);
  await phone.isIn();
  await phone.page.getByRole("button", { name: phone.name }).first().click();
  await phone.role("menuitem", "Sign out").click();
  const confirm = phone.page.getByRole("alertdialog").getByRole("button", { name: "Sign out", exact: true });
  await confirm.click();
  await phone.role("button", "Sign in").waitFor();
  await phone.page.reload();
  await phone.role("button", "Sign in").waitFor();
});
