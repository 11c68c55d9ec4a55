// A call in a direct room rings: two people in two browsers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

let server;
let alice;
let bob;

before(async () => {
  server = await Server.start();
  [alice, bob] = await Promise.all(["alice", "bob"].map((key) => Person.open(key)));
  const links = [server.facts.invitation, await server.invite(bob.email)];
  await Promise.all([alice, bob].map((person, index) => person.register(links[index])));
  await alice.role("button", "New message").click();
  const dialog = alice.role("dialog", "New message");
  await dialog.getByRole("textbox").fill(bob.email);
  await dialog.getByRole("textbox").press("Enter");
  await alice.role("heading", bob.name).waitFor();
  // Bob is on his own page, and hears of it all the same.
  await bob.role("navigation", "Rooms").getByRole("link", { name: alice.name }).waitFor();
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
});

test("who declines ends the ringing, and the caller reads so", async () => {
  await alice.joinCall();
  await alice.page.getByText("Ringing…").waitFor();
  const rings = bob.role("dialog", "Incoming call");
  await rings.getByText(`${alice.name} is calling`).waitFor();
  await rings.getByRole("button", { name: "Decline", exact: true }).click();
  await rings.waitFor({ state: "detached" });
  await alice.page.getByText(`${bob.name} declined the call.`).first().waitFor();
  await alice.role("button", "Leave call").click();
  await alice.page.getByText(`${bob.name} declined the call`).first().waitFor();
});

test("who accepts is in the call, and both see each other", async () => {
  await alice.joinCall();
  await bob.role("dialog", "Incoming call").getByRole("button", { name: "Accept", exact: true }).click();
  await bob.role("toolbar", "Call controls").waitFor();
  await alice.page.getByText("Ringing…").waitFor({ state: "detached" });
  await Promise.all([alice.seesLive(bob), bob.seesLive(alice)]);
  for (const person of [bob, alice]) await person.role("button", "Leave call").click();
});

test("who hangs up before anybody answers leaves a missed call", async () => {
  await alice.joinCall();
  await bob.role("dialog", "Incoming call").waitFor();
  await alice.role("button", "Leave call").click();
  await bob.role("dialog", "Incoming call").waitFor({ state: "detached" });
  await bob.page.getByText(`Missed call from ${alice.name}`).first().waitFor();
});

test("no page had an error", () => {
  assert.deepEqual([...alice.problems, ...bob.problems].filter((text) => !/WebSocket/.test(text)), []);
});
