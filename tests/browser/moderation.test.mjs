// What a moderator does to a call, and what is measured of it: three people in three browsers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

let server;
let alice;
let bob;
let carol;
const ROOM = "Budget";

before(async () => {
  server = await Server.start();
  [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((key) => Person.open(key)));
  const links = [server.facts.invitation, await server.invite(bob.email), await server.invite(carol.email)];
  await Promise.all([alice, bob, carol].map((person, index) => person.register(links[index])));
  await alice.createRoom(ROOM, [bob.email, carol.email]);
  await Promise.all([bob.openRoom(ROOM), carol.openRoom(ROOM)]);
  await alice.joinCall();
  await bob.joinCall();
  await alice.seesLive(bob);
});

after(async () => {
  await Promise.all([alice, bob, carol].map((person) => person?.close()));
  await server?.remove();
});

const knock = async (person) => {
  await person.page.getByRole("button", { name: /^(Start|Join) call$/ }).click();
  await person.role("button", "Join now").click();
};

const epoch = async (person) => {
  await person.role("button", "Encryption").click();
  const text = await person.page.getByTestId("call-epoch").innerText();
  await person.page.keyboard.press("Escape");
  return Number(text.replace(/\D/g, ""));
};

test("what is measured shows in words and numbers, and on the tiles", async () => {
  await alice.page.keyboard.press("t");
  const panel = alice.role("complementary", "Statistics");
  await panel.getByText("Directly (UDP)").waitFor();
  await panel.getByRole("heading", { name: "Your camera" }).waitFor();
  await panel.getByRole("heading", { name: `${bob.name}, camera` }).waitFor();
  await until("something comes in", async () => /Receiving\s+[1-9][\d.]* (k|M)bit\/s/.test(await panel.innerText()));
  assert.match(await panel.innerText(), /Codec\s+opus/i);
  assert.match(await panel.innerText(), /\d+ × \d+, \d+ per second/);
  await alice.page.keyboard.press("Escape");
  await alice.tile(bob.name).getByText(/connection$/).waitFor({ state: "attached" });
});

test("into a locked call nobody new comes, until it is unlocked", async () => {
  await alice.role("button", "People").click();
  await alice.role("button", "Lock call").click();
  await bob.page.getByText(`${alice.name} locked the call.`).waitFor();
  await bob.page.getByText("Locked", { exact: true }).waitFor();
  await bob.role("button", "People").click();
  assert.equal(await bob.page.getByRole("button", { name: /^(Unlock call|Lock call|Remove .*|Ways to leave)$/ }).count(), 0, "bob is no moderator");
  await bob.page.keyboard.press("Escape");

  await knock(carol);
  await carol.page.getByText("This call is locked.").first().waitFor();
  await carol.role("button", "Turn camera off").waitFor();
  await carol.role("button", "Wait, and join when it is unlocked").click();

  // Who is in and loses the connection comes back.
  await bob.context.setOffline(true);
  await bob.page.getByText("The connection was lost. Connecting again…").waitFor();
  await bob.context.setOffline(false);
  await bob.page.getByText("The connection was lost. Connecting again…").waitFor({ state: "detached" });
  assert.equal(await alice.tile(carol.name).count(), 0);

  // Who loads the page again is away for a moment, and in again with one click.
  const locked = await epoch(bob);
  await bob.page.reload();
  await alice.tile(bob.name).getByText("Connection lost").waitFor();
  await bob.role("button", "Join now").click();
  await bob.role("toolbar", "Call controls").waitFor();
  await alice.seesLive(bob);
  await bob.seesLive(alice);
  await bob.page.getByText("Locked", { exact: true }).waitFor();
  assert.equal(await epoch(bob), locked + 1, "one commit takes the former leaf away and adds the new one");
  assert.equal(await alice.tile(bob.name).count(), 1);

  // Who leaves is new afterwards.
  await bob.role("button", "Leave call").click();
  await alice.tile(bob.name).waitFor({ state: "detached" });
  await knock(bob);
  await bob.page.getByText("This call is locked.").first().waitFor();
  await bob.role("button", "Wait, and join when it is unlocked").click();

  await alice.role("button", "Unlock call").click();
  await bob.role("toolbar", "Call controls").waitFor();
  await carol.role("toolbar", "Call controls").waitFor();
  await alice.seesLive(carol);
  await carol.seesLive(bob);
  await alice.page.keyboard.press("Escape");
});

// Who has the stage of a viewer: whoever is not among the others beside it. Nobody in a grid.
const onStage = async (viewer) => {
  const beside = await viewer.role("group", "Other participants").getByRole("group").evaluateAll((tiles) => tiles.map(({ ariaLabel }) => ariaLabel));
  const all = await viewer.page.locator("[data-media]").evaluateAll((tiles) => tiles.map(({ ariaLabel }) => ariaLabel));
  return beside.length === 0 ? null : all.filter((name) => !beside.includes(name)).join(", ");
};
const takesStage = (viewer, name) => until(`${viewer.key} sees ${name ?? "nobody"} on the stage`, async () => (await onStage(viewer)) === name);

test("whom a moderator puts in the spotlight everybody sees large, after their own pin and a shared screen, before who speaks", async () => {
  await takesStage(bob, null);
  await alice.role("button", "People").click();
  await alice.role("button", `Spotlight ${carol.name} for everyone`).click();
  for (const viewer of [alice, bob]) {
    await takesStage(viewer, carol.name);
    await viewer.tile(carol.name).getByText("In the spotlight").waitFor();
  }
  await bob.seesLive(carol);
  // Her own picture does not become large for herself, but she is told.
  await takesStage(carol, null);
  await carol.page.getByRole("group", { name: carol.name }).getByText("In the spotlight").waitFor();

  await bob.role("button", "People").click();
  await bob.role("button", `Mute ${alice.name}`).waitFor({ state: "detached" });
  assert.equal(await bob.page.getByRole("button", { name: /spotlight/i }).count(), 0, "bob is no moderator");
  await bob.page.keyboard.press("Escape");

  // Who speaks comes after the spotlight. From here on that is alice alone.
  await alice.role("button", `Mute ${carol.name}`).click();
  await bob.page.keyboard.press("m");
  await bob.role("button", "Unmute microphone").waitFor();
  await bob.page.keyboard.press("g");
  await bob.tile(alice.name).getByText("Speaking").waitFor({ state: "attached" });
  assert.equal(await onStage(bob), carol.name);

  const screen = `${alice.name}, sharing screen`;
  await alice.role("button", "Share screen").click();
  await takesStage(bob, screen);
  await bob.role("button", `Pin ${alice.name}`).click();
  await takesStage(bob, alice.name);
  await bob.role("button", `Unpin ${alice.name}`).click();
  await takesStage(bob, screen);
  await alice.role("button", "Stop sharing").click();
  await takesStage(bob, carol.name);

  await alice.role("button", `Remove ${carol.name} from the spotlight`).click();
  await takesStage(bob, alice.name);
  assert.equal(await bob.page.getByText("In the spotlight", { exact: true }).count(), 0);
  await alice.page.keyboard.press("Escape");
});

// How sharp the sharpest edge in somebody's tile is, as a share of what is possible.
const sharpness = (viewer, other) => viewer.tile(other.name).locator("video").first().evaluate((video) => {
  const context = new OffscreenCanvas(video.videoWidth, 1).getContext("2d");
  context.drawImage(video, 0, -Math.floor(video.videoHeight / 8));
  const { data } = context.getImageData(0, 0, video.videoWidth, 1);
  let sharpest = 0;
  for (let at = 0; at + 4 < data.length; at += 4) sharpest = Math.max(sharpest, Math.abs(data[at + 1] - data[at + 5]));
  return sharpest / 255;
});

test("others see no edge of what is behind somebody who blurs the background, and see them again after", async () => {
  await until("alice sees bob's edges", async () => (await sharpness(alice, bob)) > 0.1);
  await bob.role("button", "Audio and video").click();
  await bob.page.getByText("Blur background").click();
  await until("bob's edges are gone", async () => (await sharpness(alice, bob)) < 0.04);
  await until("bob moves", async () => (await alice.picture(bob)).change > 0.2);
  await bob.role("button", "Turn camera off").waitFor({ state: "attached" });
  await bob.page.getByText("Blur background").click();
  await until("alice sees bob's edges again", async () => (await sharpness(alice, bob)) > 0.1);
  await bob.page.keyboard.press("Escape");
});

test("whom a moderator removes is told by whom, sees nothing more, and does not come back", async () => {
  const before = await epoch(alice);
  await alice.role("button", "People").click();
  await alice.role("button", `Remove ${carol.name}`).click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: `Remove ${carol.name}` }).click();
  await carol.page.getByRole("alert").getByText(`${alice.name} removed you from the call.`).waitFor();
  await bob.page.getByText(`${alice.name} removed ${carol.name} from the call.`).waitFor();
  for (const person of [alice, bob]) await person.tile(carol.name).waitFor({ state: "detached" });
  await alice.page.keyboard.press("Escape");
  assert.ok((await epoch(alice)) > before, "the keys changed");
  await alice.seesLive(bob);
  await carol.role("button", "Back to room").click();
  await knock(carol);
  await carol.page.getByText("A moderator removed you from this call.").first().waitFor();
  assert.equal(await alice.tile(carol.name).count(), 0);
});

test("a moderator ends the call for all, and all see who did", async () => {
  await alice.role("button", "Ways to leave").click();
  await alice.role("menuitem", "End call for all").click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: "End call for all" }).click();
  await alice.role("heading", ROOM).waitFor();
  await bob.page.getByRole("alert").getByText(`${alice.name} ended the call for everyone.`).waitFor();
  await bob.role("button", "Back to room").click();
  await bob.role("button", "Start call").waitFor();
});

test("no page had an error", () => {
  const problems = [...alice.problems, ...bob.problems, ...carol.problems];
  assert.deepEqual(problems.filter((text) => !/net::ERR_INTERNET_DISCONNECTED|WebSocket/.test(text)), []);
});
