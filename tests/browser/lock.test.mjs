// R47: a store that was locked opens by the password alone: after a reload, in another tab, after a restart, and when one locks it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const SECRET = "The green lamp is out";
const LOCK = "Ask for the password before this browser shows anything";

let server;
let alice;

before(async () => {
  server = await Server.start();
  alice = await Person.open("alice");
  await alice.register(server.facts.invitation);
  await alice.createRoom("Harbour lights", []);
  await alice.send(SECRET);
});

after(async () => {
  await alice?.close();
  await server?.remove();
});

const password = (page = alice.page) => page.getByLabel("Password", { exact: true });
const locked = (page = alice.page) => page.getByRole("heading", { name: "Locked" });

async function unlock(page = alice.page) {
  await locked(page).waitFor();
  await password(page).fill(PASSWORD);
  await password(page).press("Enter");
}

test("the lock is set by the password of the account", async () => {
  await alice.page.goto(`${server.url}/settings`);
  await alice.role("switch", LOCK).click({ force: true });
  const dialog = alice.page.getByRole("dialog", { name: "Turn the lock on" });
  await dialog.getByLabel("Password", { exact: true }).fill("not the password");
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await dialog.getByText("That is not the password of your account. Try again.").waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await alice.role("button", "Lock now").waitFor();
});

test("R47 nothing shows before the password, and everything after", async () => {
  await alice.page.reload();
  await locked().waitFor();
  assert.equal(await alice.page.getByText("Harbour lights").count(), 0);
  await password().fill("not the password");
  await alice.role("button", "Unlock").click();
  await alice.page.getByText("That is not the password of your account. Try again.").waitFor();
  await unlock();
  await alice.openRoom("Harbour lights");
  await alice.sees(SECRET);
  await alice.restart(server.url);
  await unlock();
  await alice.openRoom("Harbour lights");
  await alice.sees(SECRET);
});

test("R47 who locks it locks all tabs, and what is written then is there afterwards", async () => {
  const other = await alice.context.newPage();
  await other.goto(server.url);
  await other.getByText("Harbour lights").first().waitFor();
  await alice.role("textbox", "Message").pressSequentially("half a sentence");
  await other.goto(`${server.url}/settings`);
  await other.getByRole("button", { name: "Lock now" }).click();
  for (const page of [alice.page, other]) await locked(page).waitFor();
  assert.equal(await alice.page.getByText(SECRET).count(), 0);
  await unlock(other);
  await other.getByRole("heading", { name: "Settings" }).waitFor();
  await alice.sees(SECRET);
  await until("the draft is gone", async () => (await alice.role("textbox", "Message").inputValue()) === "half a sentence");
  // The tab that opened it closes: the one that is left goes on.
  await other.close();
  await alice.send("Still open");
  assert.equal(await locked().count(), 0);
});

test("the password takes the lock away again", async () => {
  await alice.page.goto(`${server.url}/settings`);
  await unlock();
  await alice.role("switch", LOCK).click({ force: true });
  const dialog = alice.page.getByRole("dialog", { name: "Turn the lock off" });
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Turn off" }).click();
  await until("the lock stays", async () => (await alice.role("button", "Lock now").count()) === 0);
  await alice.page.goto(server.url);
  await alice.openRoom("Harbour lights");
  await alice.sees(SECRET);
});

test("who has forgotten it can erase what is stored, and nothing else", async () => {
  await alice.page.goto(`${server.url}/settings`);
  await alice.role("switch", LOCK).click({ force: true });
  const dialog = alice.page.getByRole("dialog", { name: "Turn the lock on" });
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await alice.role("button", "Lock now").click();
  await locked().waitFor();
  await alice.role("button", "Forgot password?").click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "Erase", exact: true }).click();
  await alice.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await alice.page.reload();
  await alice.page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("the lock of who was here does not stand before who comes next", async () => {
  await alice.signIn(server.url);
  await alice.isIn();
  await alice.page.goto(`${server.url}/settings`);
  await alice.role("switch", LOCK).click({ force: true });
  const dialog = alice.page.getByRole("dialog", { name: "Turn the lock on" });
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await alice.role("button", "Lock now").waitFor();
  await alice.page.getByRole("button", { name: alice.name }).first().click();
  await alice.role("menuitem", "Sign out").click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "Sign out", exact: true }).click();
  await alice.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await alice.page.reload();
  await alice.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await alice.signIn(server.url);
  await alice.isIn();
  await alice.page.goto(`${server.url}/settings`);
  await alice.role("switch", LOCK).waitFor();
  assert.equal(await alice.role("switch", LOCK).isChecked(), false);
});
