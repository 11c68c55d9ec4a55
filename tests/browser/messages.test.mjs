// What is done to messages after they were said, by two people in two browsers, and that they end when their time is over.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { png } from "./support/pictures.mjs";
import { Server } from "./support/server.mjs";

let server;
let alice;
let bob;
const ROOM = "Harbour lights";

before(async () => {
  server = await Server.start();
  [alice, bob] = await Promise.all(["alice", "bob"].map((key) => Person.open(key)));
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await alice.createRoom(ROOM, [bob.email]);
  await bob.openRoom(ROOM);
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await server?.remove();
});

// By what it says itself, not by what it quotes.
const message = (person, text) => {
  const own = person.page.locator(".message-text").filter({ hasText: text });
  return person.role("log", "Messages").getByRole("article").filter({ has: own }).last();
};
const box = (person) => person.role("textbox", "Message");
const screenshot = async (person, name) => {
  if (process.env.SCREENSHOTS) await person.page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
};

async function act(person, text, name, item) {
  const article = message(person, text);
  await article.hover();
  const toolbar = article.getByRole("toolbar", { name: "Message actions" });
  await toolbar.getByRole("button", { name, exact: true }).click();
  if (item) await person.role("menuitem", item).click();
}

test("who types is shown to the other until it is sent, or given up, and nothing moves by it", async () => {
  const line = (person) => person.page.locator(".typing-line");
  const isTyping = line(bob).getByText(`${alice.name} is typing…`);
  // What it stands on, and what it stands under.
  const places = () => Promise.all([box(bob), bob.role("log", "Messages")].map((place) => place.boundingBox()));
  const before = await places();
  await box(alice).pressSequentially("Is the red lamp out?");
  await isTyping.waitFor();
  if (process.env.SCREENSHOTS) await bob.page.screenshot({ path: join(process.env.SCREENSHOTS, "typing.png") });
  assert.deepEqual(await places(), before);
  assert.equal(await line(alice).innerText(), "");
  await box(alice).fill("");
  await isTyping.waitFor({ state: "detached" });
  await box(alice).pressSequentially("Has ");
  // Said again after a while only, so that a pause at the wrong moment costs a while.
  await until("it shows again", async () => {
    await box(alice).pressSequentially("x");
    return (await isTyping.count()) === 1;
  });
  await box(alice).fill("Has somebody seen the lamps?");
  await box(alice).press("Enter");
  await bob.sees("Has somebody seen the lamps?");
  await isTyping.waitFor({ state: "detached" });
});

test("a reply shows what it answers, and leads there", async () => {
  await alice.send("Which lamp is out?");
  await bob.sees("Which lamp is out?");
  await act(bob, "Which lamp is out?", "Reply");
  await bob.page.getByText(`Reply to ${alice.name}`).waitFor();
  await bob.page.keyboard.type("The green one");
  await bob.page.keyboard.press("Enter");
  const quote = message(alice, "The green one").getByRole("button", { name: `In reply to ${alice.name}: Which lamp is out?` });
  await quote.click();
  await alice.page.locator(".message-found").filter({ hasText: "Which lamp is out?" }).waitFor();
});

test("one's own message is changed, here and there", async () => {
  await box(bob).press("ArrowUp");
  await bob.page.getByText("Editing message").waitFor();
  assert.equal(await box(bob).inputValue(), "The green one");
  await box(bob).fill("The red one");
  await bob.role("button", "Save").click();
  for (const person of [alice, bob]) await message(person, "The red one").getByText("edited").waitFor();
  assert.equal(await alice.page.getByText("The green one").count(), 0);
  await act(alice, "The red one", "More");
  await alice.role("menuitem", "Copy text").waitFor();
  assert.equal(await alice.role("menuitem", "Edit").count(), 0, "what others said is theirs");
  await alice.page.keyboard.press("Escape");
});

test("reactions are given by each, counted, and taken back", async () => {
  await act(alice, "The red one", "React");
  await alice.role("grid", "Reactions").getByRole("button", { name: "Thumbs up", exact: true }).click();
  await message(bob, "The red one").getByRole("button", { name: `👍, ${alice.name}`, exact: true, pressed: false }).click();
  const both = `👍, ${alice.name} and ${bob.name}`;
  for (const person of [alice, bob]) await message(person, "The red one").getByRole("button", { name: both, exact: true, pressed: true }).waitFor();
  await message(alice, "The red one").getByRole("button", { name: both, exact: true }).click();
  await message(bob, "The red one").getByRole("button", { name: `👍, ${bob.name}`, exact: true }).waitFor();
});

test("who is mentioned sees it in the message, and in the list of rooms", async () => {
  await bob.createRoom("Elsewhere", []);
  await box(alice).pressSequentially("Please look at it, @bo");
  await alice.role("listbox", "Members").getByRole("option", { name: bob.name }).waitFor();
  await box(alice).press("Enter");
  await box(alice).press("Enter");
  await bob.page.getByText("You are mentioned").waitFor({ state: "attached" });
  await bob.openRoom(ROOM);
  await message(bob, "Please look at it").locator(".mention-me").filter({ hasText: `@${bob.name}` }).waitFor();
  await bob.page.getByText("You are mentioned").waitFor({ state: "detached" });
});

test("marks are drawn, a link opens apart, and HTML is text", async () => {
  await alice.send("**Bold** and `code`: https://example.org/lamp <b>no</b>\n- one\n- two");
  const article = message(bob, "Bold and code");
  await article.locator("strong").filter({ hasText: "Bold" }).waitFor();
  const link = article.getByRole("link", { name: "https://example.org/lamp" });
  assert.deepEqual(await link.evaluate(({ target, rel, href }) => [target, rel, href]), ["_blank", "noopener noreferrer", "https://example.org/lamp"]);
  assert.equal(await article.getByRole("listitem").count(), 2);
  assert.equal(await article.locator("b").count(), 0);
  assert.match(await article.innerText(), /<b>no<\/b>/);
});

test("what is deleted is gone for both, with its quotes", async () => {
  await act(alice, "Which lamp is out?", "More", "Delete");
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "Delete", exact: true }).click();
  for (const person of [alice, bob]) {
    await person.sees("This message was deleted.");
    await message(person, "The red one").getByText("Message not here").waitFor();
    assert.equal(await person.page.getByText("Which lamp is out?").count(), 0);
  }
});

test("a room has a picture and a description, for its members", async () => {
  await alice.role("button", "Room details").click();
  await alice.fill(alice.role("textbox", "What this room is for"), "Lamps, tides and keys");
  await alice.role("button", "Save description").click();
  await bob.page.getByText(`${alice.name} changed the room’s description`).waitFor();
  const asked = alice.page.waitForEvent("filechooser");
  await alice.role("button", "Add a picture").click();
  await (await asked).setFiles([{ name: "lamp.png", mimeType: "image/png", buffer: png(300, 200, [200, 60, 40]) }]);
  const row = bob.role("navigation", "Rooms").locator(".room-link").filter({ hasText: ROOM });
  await until("the list shows the picture", () => row.locator("img.avatar").evaluateAll(([image]) => image?.naturalWidth === 128));
  await bob.role("button", "Room details").click();
  await until("bob may change it, too", async () => (await bob.role("textbox", "What this room is for").inputValue()) === "Lamps, tides and keys");
  await screenshot(bob, "room-face");
  await bob.role("button", "Remove the picture").click();
  await until("it is gone", async () => (await row.locator("img.avatar").count()) === 0);
  for (const person of [alice, bob]) await person.page.keyboard.press("Escape");
});

test("R46 a moderator sets the room's times, the others read them, and all are told what a timer cannot do", async () => {
  await alice.role("button", "Room details").click();
  await alice.role("combobox", "Delete after sending").selectOption("1 hour");
  await bob.page.getByText(`${alice.name} set new messages to be deleted 1 hour after sending`).waitFor();
  await alice.page.getByText(/cannot stop somebody from copying/).waitFor();
  await alice.page.keyboard.press("Escape");
  await bob.role("button", "Room details").click();
  await bob.page.getByText("New messages are deleted 1 hour after sending.").waitFor();
  await bob.page.getByText(/cannot stop somebody from copying/).waitFor();
  assert.equal(await bob.role("combobox", "Delete after sending").count(), 0);
  await bob.page.keyboard.press("Escape");
  await bob.send("Within the hour");
  for (const person of [alice, bob]) await message(person, "Within the hour").getByText(/^(60|59) mins? left/).waitFor();
});

test("R41 a message with a short time of its own ends after it was read", async () => {
  await alice.role("button", "Timer for what you write").click();
  await alice.role("menuitemradio", "10 seconds").click();
  await alice.page.getByText("Deletes 10 seconds after reading").waitFor();
  await alice.send("Read and burn");
  await message(bob, "Read and burn").getByText(/secs? left$/).waitFor();
  await message(bob, "Read and burn").waitFor({ state: "detached" });
  await until("it is out of the list", async () => !(await bob.messages()).join("\n").includes("Read and burn"));
  await alice.role("button", "Remove timer").click();
  await alice.send("To stay an hour");
  await message(bob, "To stay an hour").getByText(/mins? left$/).waitFor();
});

test("no page had an error", () => {
  assert.deepEqual([...alice.problems, ...bob.problems], []);
});
