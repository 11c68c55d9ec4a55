// What was said in one room is handed on into another, and saved to come back to it; a network may forbid the former. With
// SCREENSHOTS in the environment, a picture of each state is put into that folder.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Person, until } from "./support/person.mjs";
import { noise, sha256 } from "./support/pictures.mjs";
import { Server } from "./support/server.mjs";

const HERE = "Harbour lights";
const THERE = "Keepers";

let server;
let alice;
let bob;

before(async () => {
  server = await Server.start();
  [alice, bob] = await Promise.all(["alice", "bob"].map((key) => Person.open(key)));
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await bob.createRoom(THERE, [alice.email]);
  await alice.createRoom(HERE, [bob.email]);
  await bob.openRoom(HERE);
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
});

const screenshot = async (person, name) => {
  if (process.env.SCREENSHOTS) await person.page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
};
const log = (person) => person.role("log", "Messages");
const message = (person, text) => log(person).getByRole("article").filter({ hasText: text }).last();

async function menu(person, article) {
  await article.hover();
  await article.getByRole("toolbar", { name: "Message actions" }).getByRole("button", { name: "More" }).click();
  await person.page.getByRole("menu").waitFor();
}

async function forward(person, article, room) {
  await menu(person, article);
  await person.role("menuitem", "Forward").click();
  const dialog = person.role("dialog", "Forward to");
  await dialog.getByRole("searchbox", { name: "Search rooms" }).fill(room);
  await dialog.getByRole("checkbox", { name: room }).check();
  await screenshot(person, "forward");
  await dialog.getByRole("button", { name: "Forward", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

test("a text comes through as forwarded, and its author is not named", async () => {
  await alice.send("The red lamp is out");
  await bob.sees("The red lamp is out");
  await forward(bob, message(bob, "The red lamp is out"), THERE);
  await bob.page.getByText(`Forwarded to ${THERE}`).waitFor();
  await alice.openRoom(THERE);
  const copy = message(alice, "The red lamp is out");
  await copy.getByText("Forwarded", { exact: true }).waitFor();
  assert.match(await copy.innerText(), new RegExp(bob.name));
  await screenshot(alice, "forwarded");
});

test("a file comes through whole, under another key", async () => {
  await alice.openRoom(HERE);
  const bytes = noise(300_000);
  const asked = alice.page.waitForEvent("filechooser");
  await alice.role("button", "Attach file").click();
  await (await asked).setFiles([{ name: "lamp.bin", mimeType: "application/octet-stream", buffer: bytes }]);
  await alice.fill(alice.role("textbox", "Message"), "the plan of it");
  await alice.role("button", "Send").click();
  await message(bob, "the plan of it").waitFor();
  await forward(bob, message(bob, "the plan of it"), THERE);
  await alice.openRoom(THERE);
  const copy = message(alice, "the plan of it");
  await copy.getByText("Forwarded", { exact: true }).waitFor();
  const coming = alice.page.waitForEvent("download");
  await copy.getByRole("button", { name: "Save lamp.bin" }).click();
  assert.equal(sha256(readFileSync(await (await coming).path())), sha256(bytes));
});

test("what is saved is found again from anywhere, and leads to its place", async () => {
  await menu(bob, message(bob, "The red lamp is out"));
  await bob.role("menuitem", "Save").click();
  await message(bob, "The red lamp is out").getByText("Saved", { exact: true }).waitFor();
  await bob.openRoom(THERE);
  await bob.page.getByRole("button", { name: bob.name }).first().click();
  await bob.role("menuitem", "Saved messages").click();
  const list = bob.role("list", "Saved messages");
  await screenshot(bob, "saved");
  await list.getByRole("link", { name: `${alice.name} in ${HERE}` }).click();
  await bob.page.locator(".message-found").filter({ hasText: "The red lamp is out" }).waitFor();
  await menu(bob, message(bob, "The red lamp is out"));
  await bob.role("menuitem", "Remove from saved").click();
  await message(bob, "The red lamp is out").getByText("Saved", { exact: true }).waitFor({ state: "detached" });
});

test("one's own quick replies are offered in direct rooms", async () => {
  await bob.page.getByRole("button", { name: bob.name }).first().click();
  await bob.role("menuitem", "Settings").click();
  await bob.fill(bob.role("textbox", "Your quick replies"), "Aye\nOn my way");
  await bob.role("button", "Save quick replies").click();
  await bob.page.getByText("Your quick replies are saved").waitFor();
  await screenshot(bob, "quick-replies");
  await alice.role("button", "New message").click();
  await alice.fill(alice.role("textbox", "Email"), bob.email);
  await alice.role("button", "Open conversation").click();
  await alice.role("heading", bob.name).waitFor();
  await alice.send("Can you come?");
  await bob.openRoom(alice.name);
  await bob.role("group", "Quick replies").getByRole("button", { name: "On my way" }).click();
  await alice.sees("On my way");
});

test("where the network forbids it nothing is handed on", async () => {
  const { stdout } = await promisify(execFile)(process.env.CONCLAVE_PROGRAM, ["admin", "policy", "--data", server.data, "--forwarding", "false"]);
  assert.match(stdout, /^forwarding: false$/m);
  await bob.openRoom(HERE);
  const article = message(bob, "The red lamp is out");
  await until("the menu has no way to forward", async () => {
    await menu(bob, article);
    const items = await bob.page.getByRole("menuitem").allInnerTexts();
    await bob.page.keyboard.press("Escape");
    return items.includes("Save") && !items.includes("Forward");
  });
});

test("no page had an error", () => {
  assert.deepEqual([...alice.problems, ...bob.problems], []);
});
