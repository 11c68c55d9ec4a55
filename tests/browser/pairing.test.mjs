// A new device gets into an account by one that is signed in: by the link of the QR code, and by a code that is typed.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { PASSWORD, Person } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const ROOM = "Night shift";
const SHOTS = process.env.SCREENSHOTS;

let server;
let alice;
let phone;

const shot = async (person, name) => {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await person.page.screenshot({ path: `${SHOTS}/${name}.png` });
};
const dialog = () => alice.role("dialog", "Link a device");
const words = async (where) => (await where.getByRole("list", { name: "Words to compare" }).getByRole("listitem").allInnerTexts()).join(" ");
const code = async () => (await dialog().getByRole("status", { name: "Code", exact: true }).innerText()).trim();

async function open() {
  await alice.role("button", "Link a device").click();
  await dialog().getByText("The code works once").waitFor();
}

async function enter(text) {
  await phone.fill(phone.role("textbox", "Code"), text);
  await phone.role("button", "Continue").click();
}

before(async () => {
  server = await Server.start();
  [alice, phone] = await Promise.all([Person.open("alice"), Person.open("alice", { device: "2", width: 390, height: 844 })]);
  await alice.register(server.facts.invitation);
  await alice.createRoom(ROOM, []);
  await alice.send("Before the phone");
  await alice.page.getByRole("button", { name: alice.name }).first().click();
  await alice.role("menuitem", "Devices").click();
  await phone.page.goto(server.url);
});

after(async () => {
  await Promise.all([alice, phone].map((person) => person?.close()));
  await server?.remove();
});

test("a code that is none is told at its field, and a right one is read however it is typed", async () => {
  await phone.role("link", "Link this device with another").click();
  await phone.role("heading", "Link this device").waitFor();
  await phone.role("button", "Continue").click();
  await phone.page.getByText("Type the code that the other device shows.").waitFor();
  await enter("K7Q2");
  await phone.page.getByText("A code has eight letters and digits").waitFor();
  await enter("0000-0000");
  await phone.page.getByText("This code does not work, or not any more.").waitFor();
  await shot(phone, "01-new-unknown");
  await open();
  await shot(alice, "02-known-code");
  await enter(` ${(await code()).toLowerCase().replace("-", " ")} `);
  await phone.role("list", "Words to compare").waitFor();
  await dialog().getByRole("list", { name: "Words to compare" }).waitFor();
  await phone.page.getByText("This will be a device of Alice Adams, alice@example.org.").waitFor();
  assert.equal(await words(dialog()), await words(phone.page));
  assert.match(await words(phone.page), /^(\w{5} ){3}\w{5}$/);
  await shot(alice, "03-known-words");
  await shot(phone, "04-new-words");
});

test("words that are said to differ end it on both devices, and nothing has changed", async () => {
  await phone.role("button", "They differ").click();
  await phone.role("textbox", "Code").waitFor();
  await dialog().getByText("The other device ended this").waitFor();
  await shot(alice, "05-known-ended");
  await dialog().getByRole("button", { name: "Get a new code" }).click();
  await dialog().getByText("The code works once").waitFor();
});

test("R48 by the link of the QR code a new device gets in without the password being typed there, and sees nothing old", async () => {
  const link = new URL(`/pair#${await code()}`, server.url);
  await phone.page.goto("about:blank");
  await phone.page.goto(link.href);
  await phone.role("textbox", "Code").waitFor();
  assert.ok(!phone.page.url().includes("#"), phone.page.url());
  await phone.role("button", "Continue").click();
  await phone.role("button", "They match").click();
  await phone.page.getByText("Confirm the words on the other device, too").waitFor();
  await shot(phone, "06-new-waits");
  await dialog().getByRole("button", { name: "They match" }).click();
  await dialog().getByText("Enter your password.").waitFor();
  await alice.fill(dialog().getByLabel("Password", { exact: true }), "not the password");
  await dialog().getByRole("button", { name: "They match" }).click();
  await dialog().getByText("That is not the password of your account.").waitFor();
  await shot(alice, "07-known-wrong-password");
  await alice.fill(dialog().getByLabel("Password", { exact: true }), PASSWORD);
  await dialog().getByRole("button", { name: "They match" }).click();
  await dialog().getByText("is one of your devices now").waitFor();
  await shot(alice, "08-known-done");
  await dialog().getByRole("button", { name: "Done" }).click();
  await alice.page.getByRole("main").getByRole("listitem").nth(1).waitFor();
  await phone.isIn();
  assert.equal(new URL(phone.page.url()).pathname, "/");
  await phone.openRoom(ROOM);
  await phone.send("From the phone");
  await alice.openRoom(ROOM);
  await alice.sees("From the phone");
  const seen = (await phone.messages()).join("\n");
  assert.ok(!seen.includes("Before the phone"), seen);
  await shot(phone, "09-new-in");
});

test("a second tab that links ends what the first began", async () => {
  await alice.page.goto(new URL("/devices", server.url).href);
  await open();
  const second = await alice.context.newPage();
  alice.watch(second);
  await second.goto(new URL("/devices", server.url).href);
  await second.getByRole("button", { name: "Link a device", exact: true }).click();
  await second.getByText("The code works once").waitFor();
  await dialog().getByText("The other device ended this").waitFor();
  await second.close();
  await dialog().getByRole("button", { name: "Get a new code" }).click();
  await dialog().getByText("The code works once").waitFor();
  await alice.page.keyboard.press("Escape");
  await dialog().waitFor({ state: "detached" });
});

test("nothing went wrong in the pages", () => {
  // The codes and the password that were refused, and the pairing that was ended.
  const problems = [...alice.problems, ...phone.problems].filter((text) => !/the server responded with a status of (4\d\d)/.test(text));
  assert.deepEqual(problems, []);
});
