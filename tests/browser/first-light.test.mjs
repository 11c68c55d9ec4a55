// The main job on real input: three people in three browsers register, talk in an encrypted room, and meet in a call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

let server;
let alice;
let bob;
let carol;
const ROOM = "Launch plan";

before(async () => {
  server = await Server.start();
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((key) => Person.open(key)));
});

after(async () => {
  await Promise.all([alice, bob, carol].map((person) => person?.close()));
  await server?.remove();
});

test("R4 R6 people register by their links", async () => {
  const links = [server.facts.invitation, await server.invite(bob.email), await server.invite(carol.email)];
  await Promise.all([alice, bob, carol].map((person, index) => person.register(links[index])));
});

test("R36 alice makes a room, and messages go both ways", async () => {
  await alice.createRoom(ROOM, [bob.email, carol.email]);
  await Promise.all([bob.openRoom(ROOM), carol.openRoom(ROOM)]);
  await alice.send("Hello from Alice");
  await bob.sees("Hello from Alice");
  await bob.send("Hello from Bob");
  for (const person of [alice, carol]) await person.sees("Hello from Bob");
});

test("who was offline gets everything once and in order", async () => {
  await carol.context.setOffline(true);
  await carol.page.getByText("Offline. What you send is kept on this device").waitFor();
  const texts = Array.from({ length: 5 }, (_, index) => `While you were away ${index + 1}`);
  for (const text of texts) {
    await alice.send(text);
    await bob.sees(text);
  }
  const before = (await carol.messages()).join("\n");
  assert.ok(texts.every((text) => !before.includes(text)), `carol was never offline: ${before}`);
  await carol.context.setOffline(false);
  await carol.sees(texts.at(-1));
  const seen = (await carol.messages()).join("\n");
  const places = texts.map((text) => seen.indexOf(text));
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  assert.ok(places.every((place) => place >= 0), seen);
  for (const text of texts) assert.equal(seen.split(text).length - 1, 1, text);
});

test("messages survive a reload, and a restart of browser and server", async () => {
  await bob.page.reload();
  await bob.sees("Hello from Alice");
  const address = new URL(server.url).host.replace("localhost", "127.0.0.1");
  await server.stop();
  server = await Server.start({ data: server.data, listen: address });
  await bob.restart(server.url);
  await bob.isIn();
  await bob.openRoom(ROOM);
  await bob.sees("Hello from Alice");
  await bob.send("Back again");
  for (const person of [alice, carol]) await person.sees("Back again");
});

test("R33 R52 everyone in the call sees and hears the others", async () => {
  await alice.joinCall();
  await Promise.all([bob.joinCall(), carol.joinCall()]);
  for (const [viewer, ...others] of [[alice, bob, carol], [bob, alice, carol], [carol, alice, bob]]) {
    for (const other of others) {
      await viewer.seesLive(other);
      const { mean } = await viewer.picture(other);
      const strongest = mean.indexOf(Math.max(...mean));
      assert.equal(strongest, other.colour.indexOf(Math.max(...other.colour)), `${viewer.key} sees ${other.key}: ${mean}`);
      await until(`${viewer.key} sees ${other.key} move`, async () => (await viewer.picture(other)).change > 0.5);
    }
    const before = await viewer.received();
    await until(`${viewer.key} hears`, async () => (await viewer.received()).audioEnergy > before.audioEnergy + 0.001);
  }
});

test("a shared screen takes everyone's stage, live, until it is stopped", async () => {
  const screen = { name: `${alice.name}, sharing screen` };
  await alice.role("button", "Share screen").click();
  for (const viewer of [bob, carol]) {
    await viewer.seesLive(screen);
    await until(`${viewer.key} sees the screen move`, async () => (await viewer.picture(screen)).change > 0.5);
    const size = async (name) => (await viewer.tile(name).boundingBox()).width;
    assert.ok((await size(screen.name)) > 2 * (await size(bob === viewer ? carol.name : bob.name)), "the screen is the largest");
    await viewer.seesLive(alice);
  }
  assert.equal(await alice.page.getByRole("button", { name: "Stop sharing" }).count(), 1);
  await alice.role("button", "Stop sharing").click();
  for (const viewer of [bob, carol]) await viewer.tile(screen.name).waitFor({ state: "detached" });
  await alice.role("button", "Share screen").waitFor();

  // The second time is ended by the browser's own button.
  await alice.role("button", "Share screen").click();
  await bob.seesLive(screen);
  await alice.page.evaluate(() => window.shared.getTracks().forEach((track) => {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }));
  for (const viewer of [bob, carol]) await viewer.tile(screen.name).waitFor({ state: "detached" });
});

test("in the call people write and react, and its moderator mutes who then unmutes", async () => {
  const says = async (person, text) => {
    await person.role("textbox", "Message to everyone in the call").fill(text);
    await person.role("button", "Send").click();
  };
  const reads = (person, text) => person.role("log", "Chat").getByRole("article").filter({ hasText: text }).waitFor();
  for (const person of [alice, bob]) await person.role("button", "Chat").click();
  await says(alice, "Only for who is here");
  await reads(bob, "Only for who is here");
  await says(bob, "Then say on");
  await reads(alice, "Then say on");
  await carol.page.getByText("2 unread messages").waitFor({ state: "attached" });
  for (const person of [alice, bob]) await person.page.keyboard.press("Escape");

  await bob.page.keyboard.press("2");
  // At the same time, for it goes after some seconds.
  const tileOfBob = (viewer) => viewer.tile(viewer === bob ? `${bob.name} (you)` : bob.name);
  await Promise.all([alice, bob, carol].map((viewer) => tileOfBob(viewer).getByRole("img", { name: "Celebrate" }).waitFor()));

  for (const person of [alice, carol]) await person.role("button", "People").click();
  await alice.role("button", `Mute ${bob.name}`).click();
  await bob.page.getByRole("alert").getByText(`${alice.name} muted you. Unmute when you are ready.`).waitFor();
  await bob.role("button", "Unmute microphone").waitFor();
  await alice.role("button", `Ask ${bob.name} to unmute`).click();
  await bob.role("button", "Unmute").click();
  await bob.role("button", "Mute microphone").waitFor();
  await alice.role("button", `Mute ${bob.name}`).waitFor();
  assert.equal(await carol.role("button", `Mute ${bob.name}`).count(), 0, "who is no moderator mutes nobody");
  for (const person of [alice, carol]) await person.page.keyboard.press("Escape");
});

test("B3 when carol leaves, the epoch changes and the others go on", async () => {
  const epoch = async (person) => {
    await person.role("button", "Encryption").click();
    const text = await person.page.getByTestId("call-epoch").innerText();
    await person.page.keyboard.press("Escape");
    return Number(text.replace(/\D/g, ""));
  };
  const before = await epoch(alice);
  await carol.role("button", "Leave call").click();
  await carol.role("heading", ROOM).waitFor();
  await alice.tile(carol.name).waitFor({ state: "detached" });
  assert.ok((await epoch(alice)) > before);
  for (const [viewer, other] of [[alice, bob], [bob, alice]]) {
    await viewer.seesLive(other);
    const frames = (await viewer.received()).framesDecoded;
    await until("frames go on", async () => (await viewer.received()).framesDecoded > frames, 1_000);
  }
});

test("nothing is sent of a camera that nobody looks at, and it is there again for who comes", async () => {
  const encodings = (person) =>
    person.page.evaluate(() => {
      const senders = window.peerConnections.filter((each) => each.connectionState === "connected").flatMap((each) => each.getSenders());
      return senders.flatMap((sender) => (sender.track?.kind === "video" ? sender.getParameters().encodings : []).map(({ active }) => active));
    });
  assert.equal((await encodings(alice)).length, 3);
  await until("bob is sent something", async () => (await encodings(alice)).includes(true));
  await bob.role("button", "Leave call").click();
  await bob.role("heading", ROOM).waitFor();
  await until("nothing is sent", async () => !(await encodings(alice)).includes(true));
  await bob.joinCall();
  await bob.seesLive(alice);
  assert.ok((await encodings(alice)).includes(true));
});

test("no page had an error", () => {
  assert.deepEqual([...alice.problems, ...bob.problems, ...carol.problems].filter((text) => !/net::ERR_INTERNET_DISCONNECTED|WebSocket/.test(text)), []);
});
