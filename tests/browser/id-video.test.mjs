// Who somebody is: an ID video is recorded in one browser and watched in another, replaced, declined, and required.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

let server;
let alice;
let bob;
// Of what the pages fetch and send of files: the newest request of each, with its token.
const asked = new Map();

before(async () => {
  server = await Server.start();
  [alice, bob] = await Promise.all(["alice", "bob"].map((key) => Person.open(key)));
  for (const person of [alice, bob]) {
    person.context.on("request", (request) => {
      if (request.url().includes("/api/v1/blobs/") && request.headers().authorization) asked.set(person, request);
    });
  }
  const links = [server.facts.invitation, await server.invite(bob.email)];
  await Promise.all([alice, bob].map((person, index) => person.register(links[index])));
  await alice.role("button", "New message").click();
  const dialog = alice.role("dialog", "New message");
  await dialog.getByRole("textbox").fill(bob.email);
  await dialog.getByRole("textbox").press("Enter");
  await alice.role("heading", bob.name).waitFor();
  await bob.openRoom(alice.name);
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
});

const words = (person) => person.role("list", "Words").getByRole("listitem").allInnerTexts();
const blobs = () => readdirSync(join(server.data, "blobs"), { recursive: true }).filter((name) => name.includes("/"));
const box = (person) => person.role("textbox", "Message");

// Opens the card of the other in their direct room.
async function contact(person, other) {
  await person.openRoom(other.name);
  await person.role("button", "Room details").click();
  await person.role("button", `Contact: ${other.name}`).click();
  const card = person.role("dialog", "Contact");
  await card.getByRole("heading", { name: "Identity key" }).waitFor();
  return card;
}

async function closeCard(person) {
  await person.page.keyboard.press("Escape");
  await person.page.getByRole("dialog").waitFor({ state: "detached" });
  await person.role("button", "Room details").click();
}

// Records an ID video of some seconds; answers the words that were shown for it.
async function record(person, name) {
  await person.role("button", person.name).click();
  await person.role("menuitem", "Profile").click();
  await person.role("button", name).click();
  const dialog = person.role("dialog", "Record ID video");
  await dialog.getByRole("button", { name: "Start recording" }).waitFor();
  const shown = await words({ role: (role, name) => dialog.getByRole(role, { name, exact: true }) });
  await dialog.getByRole("button", { name: "Start recording" }).click();
  await dialog.getByText(/^Recording\. 1[5-8] seconds left$/).first().waitFor();
  await dialog.getByRole("button", { name: "Stop recording" }).click();
  await dialog.getByLabel("Your recording").waitFor();
  await dialog.getByRole("button", { name: "Use this video" }).click();
  await dialog.waitFor({ state: "detached" });
  return shown;
}

// Watches the video to its end; nothing can be said of it before.
async function watch(person, other) {
  const card = await contact(person, other);
  await card.getByRole("button", { name: "Watch ID video" }).click();
  const dialog = person.role("dialog", `ID video of ${other.name}`);
  const accept = dialog.getByRole("button", { name: "They are who they say" });
  await dialog.getByRole("button", { name: "Play", exact: true }).click();
  assert.equal(await accept.isDisabled(), true);
  await dialog.getByRole("button", { name: "Play again" }).waitFor();
  await until("the video was watched", async () => !(await accept.isDisabled()));
  return { dialog, accept };
}

let said;
let first;

test("B1, R28, R30: an ID video is recorded, and the contact's device has the words that are said in it", async () => {
  said = await record(alice, "Record ID video");
  assert.equal(new Set(said).size >= 5, true, said.join(" "));
  [first] = blobs();
  assert.equal(blobs().length, 1);
  // R30: what the server has is no video.
  const kept = readFileSync(join(server.data, "blobs", first));
  assert.ok(kept.length > 4_096);
  for (const mark of ["webm", "OpusHead", "V_VP8", "\x1aE\xdf\xa3"]) assert.ok(!kept.includes(Buffer.from(mark, "latin1")), mark);
  await bob.page.getByText(`${alice.name} shared an ID video`).waitFor();
  const { accept } = await watch(bob, alice);
  assert.deepEqual(await words(bob), said);
  await accept.click();
  const card = bob.role("dialog", "Contact");
  await card.getByText(`You verified ${alice.name} by ID video.`).waitFor();
  await card.getByText("Verified by you").waitFor();
  await closeCard(bob);
});

test("R31: with a new video the old one is answered by 410, and gone from the disk", async () => {
  const request = asked.get(bob);
  assert.match(request.url(), new RegExp(first.split("/")[1]));
  const again = async () => (await fetch(request.url(), { headers: { authorization: request.headers().authorization } })).status;
  assert.equal(await again(), 200);
  assert.deepEqual(await record(alice, "Record a new ID video"), said, "the same day has the same words");
  assert.equal(await again(), 410);
  assert.equal(blobs().length, 1);
  assert.notEqual(blobs()[0], first);
  const card = await contact(bob, alice);
  await card.getByText(`You verified ${alice.name} by ID video.`).waitFor();
  await card.getByRole("button", { name: "Not verified after all" }).click();
  await card.getByText("Encrypted, not verified").waitFor();
  await closeCard(bob);
});

test("R29: after declining neither messages nor calls pass, until it is taken back", async () => {
  await alice.openRoom(bob.name);
  await alice.send("Before");
  await bob.sees("Before");
  const { dialog } = await watch(bob, alice);
  await dialog.getByRole("button", { name: "Decline" }).click();
  await bob.role("dialog", "Contact").getByText("Declined by you").waitFor();
  await closeCard(bob);
  await bob.page.getByText(`You declined or blocked ${alice.name}: no messages and no calls pass.`).waitFor();
  await alice.page.getByText(`${bob.name} has not verified you.`, { exact: false }).waitFor();
  for (const person of [alice, bob]) {
    assert.equal(await box(person).count(), 0);
    assert.equal(await person.page.getByRole("button", { name: /^(Start|Join) call$/ }).count(), 0);
  }
  // Whoever goes straight to the call does not come in, and nothing rings.
  await alice.page.goto(`${alice.page.url().replace(/\/$/, "")}/call`);
  await alice.page.getByText("Connected to your server.").waitFor();
  await alice.role("button", "Join now").click();
  await alice.page.getByText("This contact has not verified you.", { exact: false }).first().waitFor();
  assert.equal(await bob.role("dialog", "Incoming call").count(), 0);
  await alice.page.goto(server.url);

  await bob.role("button", bob.name).click();
  await bob.role("menuitem", "Settings").click();
  await bob.role("button", `Allow again: ${alice.name}`).click();
  await bob.page.getByText("Nobody. You can decline", { exact: false }).waitFor();
  await alice.openRoom(bob.name);
  await alice.send("After");
  await bob.openRoom(alice.name);
  await bob.sees("After");
});

test("R26: where the network requires it, nothing but ID videos passes until both have verified the other", async () => {
  const program = process.env.CONCLAVE_PROGRAM;
  const { stdout } = await promisify(execFile)(program, ["admin", "policy", "--data", server.data, "--verify-inside", "required"]);
  assert.match(stdout, /^verify-inside: required$/m);
  for (const [person, other] of [[alice, bob], [bob, alice]]) {
    await person.page.getByText(`Your network asks you to verify ${other.name} before you can write or call.`).waitFor();
    assert.equal(await box(person).count(), 0);
  }
  const { accept } = await watch(bob, alice);
  await accept.click();
  await bob.role("dialog", "Contact").getByText("Verified by you").waitFor();
  await closeCard(bob);
  await bob.page.getByText(`${alice.name} has not verified you.`, { exact: false }).waitFor();
  // Compared in person: both see the same of one key.
  const card = await contact(alice, bob);
  await card.getByRole("button", { name: "Verify", exact: true }).click();
  const dialog = alice.role("dialog", `Verify ${bob.name}`);
  await dialog.getByRole("img", { name: "QR code of the identity key" }).waitFor();
  const seen = await dialog.locator(".fingerprint").innerText();
  await bob.role("button", bob.name).click();
  await bob.role("menuitem", "Profile").click();
  assert.equal(await bob.page.locator(".fingerprint").innerText(), seen);
  await dialog.getByRole("button", { name: "They are the same" }).click();
  await alice.role("dialog", "Contact").getByText("Verified by you").waitFor();
  await closeCard(alice);
  await alice.send("Now it passes");
  await bob.openRoom(alice.name);
  await bob.sees("Now it passes");
});

test("no page had an error", () => {
  assert.deepEqual([...alice.problems, ...bob.problems].filter((text) => !/WebSocket|410/.test(text)), []);
});
