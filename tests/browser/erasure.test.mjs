// R50: what was deleted is gone from the browser's files. A database keeps old records in its files for a while; what opened them
// is in a file of its own that is overwritten in place. This reads all files of the profile as whoever has the disk would.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

// As web/src/core/worker/record-keys.ts has it: cells of 64 bytes; version, nonce, and from byte 13 on the sealed key.
const CELL_LEN = 64;
const KEY = [13, 61];

let server;
let alice;

before(async () => {
  server = await Server.start();
  alice = await Person.open("alice");
  await alice.register(server.facts.invitation);
  await alice.createRoom("Harbour lights", []);
});

after(async () => {
  await alice?.close();
  await server?.remove();
});

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile()) yield path;
  }
}

const profile = () => join(alice.directory, "profile");

// Keys of all cells that are in use, as hex.
function keys() {
  const found = new Set();
  for (const path of files(join(profile(), "Default", "File System"))) {
    if (statSync(path).size === 0 || statSync(path).size % CELL_LEN !== 0) continue;
    const page = readFileSync(path);
    for (let at = 0; at < page.length; at += CELL_LEN) {
      if (page[at] === 1) found.add(page.subarray(at + KEY[0], at + KEY[1]).toString("hex"));
    }
  }
  return found;
}

async function deleteMessage(text) {
  const article = alice.role("log", "Messages").getByRole("article").filter({ hasText: text }).last();
  await article.hover();
  await article.getByRole("toolbar", { name: "Message actions" }).getByRole("button", { name: "More", exact: true }).click();
  await alice.role("menuitem", "Delete").click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "Delete", exact: true }).click();
  await alice.sees("This message was deleted.");
}

test("R50 no key of what was deleted or replaced is left in any file of the profile", async () => {
  const before = keys();
  await alice.send("The green lamp is out");
  await until("the message has no key", () => keys().size > before.size);
  const during = keys();
  const added = [...during].filter((key) => !before.has(key));
  assert.ok(added.length > 0);
  await deleteMessage("The green lamp is out");
  await until("the keys stay", () => added.some((key) => !keys().has(key)));
  await alice.context.close();
  const left = keys();
  const gone = [...before, ...during].filter((key) => !left.has(key)).map((key) => Buffer.from(key, "hex"));
  assert.ok(gone.length >= 2, `${gone.length} keys are gone`);
  assert.ok(left.size > 0);
  for (const path of files(profile())) {
    const bytes = readFileSync(path);
    for (const key of gone) assert.equal(bytes.indexOf(key), -1, `a key that is gone is in ${path}`);
  }
});

test("what is not deleted opens again, with another browser process", async () => {
  await alice.start();
  await alice.page.goto(server.url);
  await alice.openRoom("Harbour lights");
  await alice.sees("This message was deleted.");
  await alice.send("Still here");
  await alice.page.reload();
  await alice.openRoom("Harbour lights");
  await alice.sees("Still here");
});
