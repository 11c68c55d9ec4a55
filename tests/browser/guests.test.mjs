// Guests: a link, the lobby, being let in by a member and by nobody else. Two members, and guests without an account.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const ROOM = "Open house";
const PHONE = { width: 320, height: 700 };

let server;
let alice;
let bob;
let dana;
let link;
let mediaPort;

before(async () => {
  mediaPort = await freePort();
  server = await Server.start({ mediaListen: `127.0.0.1:${mediaPort}` });
  [alice, bob, dana] = await Promise.all(["alice", "bob", "carol"].map((key) => Person.open(key)));
  Object.assign(dana, { key: "dana", name: "Dana Diaz" });
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await alice.createRoom(ROOM, [bob.email]);
  await bob.openRoom(ROOM);
  await Promise.all([alice, bob].map(({ context }) => context.grantPermissions(["clipboard-read", "clipboard-write"])));
});

after(async () => {
  await Promise.all([alice, bob, dana].map((person) => person?.close()));
  await server?.remove();
});

// The media port has to be known, so that what leaves it can be counted.
function freePort() {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

// As in access.test.mjs: light and dark, wide and at phone width.
async function isClean({ page }, screen) {
  const before = page.viewportSize();
  for (const size of [before, PHONE]) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(AXE);
      const list = await page.evaluate(async () => {
        const { violations } = await window.axe.run(document);
        return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
      });
      assert.deepEqual(list, [], `${screen}, ${colorScheme}, ${size.width} px`);
      if (process.env.CONCLAVE_SHOTS) {
        const name = `${screen}-${colorScheme}-${size.width}`.replaceAll(" ", "-");
        await page.screenshot({ path: `${process.env.CONCLAVE_SHOTS}/${name}.png` });
      }
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= size.width, `${screen} is ${width} px wide at ${size.width}`);
  }
  await page.setViewportSize(before);
}

// Presses Tab until the control with this name has the focus, then Enter.
async function choose({ page }, name) {
  for (let count = 0; count < 120; count += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent);
    if (focused?.trim() === name) return page.keyboard.press("Enter");
  }
  return assert.fail(`Tab never reached ${name}`);
}

// Packets of the media server, by the port that they go to. All media leaves it.
async function capture(port) {
  const counts = new Map();
  const tcpdump = spawn("tcpdump", ["-i", "any", "-n", "-l", "-B", "65536", "udp", "and", "src", "port", String(port)]);
  const started = new Promise((resolve, reject) => {
    tcpdump.stderr.on("data", (text) => String(text).includes("listening on") && resolve());
    tcpdump.once("error", reject);
    tcpdump.once("exit", () => reject(new Error("tcpdump ended at once; it needs root")));
  });
  let rest = "";
  tcpdump.stdout.on("data", (data) => {
    const lines = (rest + String(data)).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const to = / > \S+?\.(\d+):/.exec(line)?.[1];
      if (to) counts.set(Number(to), (counts.get(Number(to)) ?? 0) + 1);
    }
  });
  await started;
  return {
    counts,
    stop: async () => {
      const ended = new Promise((resolve) => tcpdump.once("exit", resolve));
      tcpdump.kill("SIGINT");
      await ended;
      return counts;
    },
  };
}

// UDP ports of a page's PeerConnections.
async function ports({ page }) {
  const found = await page.evaluate(async () => {
    const ports = [];
    for (const connection of window.peerConnections) {
      if (connection.connectionState === "closed") continue;
      for (const report of (await connection.getStats()).values()) {
        if (report.type === "local-candidate" && report.protocol === "udp") ports.push(report.port);
      }
    }
    return ports;
  });
  return new Set(found);
}

async function visit(person, url) {
  await person.page.goto("about:blank");
  await person.page.goto(url);
  await person.role("textbox", "Your name").fill(person.name);
  await person.role("button", "Continue").click();
  await person.role("button", "Join now").waitFor();
}

async function ask(person) {
  await person.role("button", "Join now").click();
  await person.role("heading", "Waiting to be let in").waitFor();
}

test("a member makes a link, which the others see, and copies it", async () => {
  await alice.joinCall();
  await alice.role("button", "People").click();
  await alice.role("button", "Invite a guest").click();
  const dialog = alice.role("dialog", "Invite a guest");
  await dialog.getByText("There are none.").waitFor();
  await dialog.getByRole("radio", { name: "1 hour" }).check();
  await dialog.getByRole("button", { name: "Make a link" }).click();
  await dialog.getByText("Made by you").waitFor();
  await isClean(alice, "invite a guest");
  await dialog.getByRole("button", { name: /^Copy link/ }).click();
  link = await alice.page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /\/guest\/[0-9a-f-]{36}#[\w-]{43}$/);
  // One after the other: while a dialog goes away it still takes the key. An open panel shows who waits in place of a notice.
  await alice.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await alice.page.keyboard.press("Escape");
  await alice.role("button", "Invite a guest").waitFor({ state: "hidden" });
  await bob.sees("made a guest link");
  await bob.role("button", "Room details").click();
  await bob.role("button", "Invite a guest").click();
  await bob.role("dialog", "Invite a guest").getByText(`Made by ${alice.name}`).waitFor();
  await bob.page.keyboard.press("Escape");
  await bob.role("dialog", "Invite a guest").waitFor({ state: "hidden" });
  await bob.page.keyboard.press("Escape");
  await bob.joinCall();
  await alice.seesLive(bob);
});

test("a guest needs no account, waits, and gets no packet before a member lets it in", async () => {
  await dana.page.goto(link);
  await dana.role("heading", "Join as a guest").waitFor();
  await isClean(dana, "guest name");
  await dana.role("button", "Continue").click();
  await dana.page.getByText("Enter your name.").waitFor();
  await dana.role("textbox", "Your name").fill(`\u202e ${dana.name}`);
  await dana.role("button", "Continue").click();
  await dana.role("heading", "Ready to join?").waitFor();
  await dana.page.getByText(`You come by a link of ${alice.name}.`).waitFor();
  await isClean(dana, "guest before joining");

  const media = await capture(mediaPort);
  await ask(dana);
  await isClean(dana, "guest waiting");
  await alice.page.getByText(`${dana.name} (guest) asks to come in`).waitFor();
  const members = new Set([...(await ports(alice)), ...(await ports(bob))]);
  const sum = (of) => [...media.counts].filter(([port]) => of(port)).reduce((total, [, count]) => total + count, 0);
  await until("the call goes on meanwhile", () => sum((port) => members.has(port)) > 300);
  assert.equal(sum((port) => !members.has(port)), 0, `packets to somebody else: ${JSON.stringify([...media.counts])}`);
  assert.equal(await dana.page.evaluate(() => window.peerConnections.length), 0);
  assert.equal(await dana.page.getByText(bob.name).count(), 0, "nothing of the meeting shows");

  // By keyboard alone.
  await isClean(bob, "lobby notice");
  await bob.page.keyboard.press("p");
  await isClean(bob, "lobby");
  await choose(bob, `Admit ${dana.name}`);
  await bob.page.keyboard.press("Escape");
  await dana.role("toolbar", "Call controls").waitFor();
  for (const person of [alice, bob]) {
    await person.seesLive(dana);
    await person.tile(dana.name).getByText("Guest", { exact: true }).waitFor();
    await dana.seesLive(person);
  }
  const own = await ports(dana);
  await until("packets come now", () => sum((port) => own.has(port)) > 50);
  await media.stop();
  await dana.role("heading", ROOM).waitFor();
});

test("guests are marked wherever they show, and talk with the others", async () => {
  await dana.page.keyboard.press("c");
  await dana.page.getByRole("textbox", { name: "Message" }).fill("Hello from outside");
  await dana.page.keyboard.press("Enter");
  await bob.page.keyboard.press("c");
  const message = bob.page.getByRole("article").filter({ hasText: "Hello from outside" });
  await message.getByText("Guest", { exact: true }).waitFor();
  await message.getByText(dana.name).waitFor();
  await bob.page.keyboard.press("Escape");
  await bob.page.keyboard.press("p");
  const row = bob.role("complementary", "People").getByRole("listitem").filter({ hasText: dana.name });
  await row.getByText("Guest", { exact: true }).waitFor();
  await isClean(bob, "people with a guest");
  await bob.page.keyboard.press("Escape");
  await bob.role("button", "Encryption").click();
  const holder = bob.role("complementary", "Encryption").getByRole("listitem").filter({ hasText: dana.name });
  await holder.getByText("Guest", { exact: true }).waitFor();
  await bob.page.keyboard.press("Escape");
  await isClean(dana, "call as a guest");
  await dana.page.keyboard.press("Escape");
  assert.equal(await dana.page.getByRole("link").count(), 0, "there is nothing else for a guest");
  await dana.page.keyboard.press("p");
  assert.equal(await dana.page.getByRole("button", { name: /^(Lock call|Remove .*|Invite a guest|Mute everyone)$/ }).count(), 0);
  await dana.page.keyboard.press("Escape");
});

test("a guest who loads the page anew asks again, and may be turned away", async () => {
  await visit(dana, link);
  await alice.tile(dana.name).waitFor({ state: "detached" });
  await ask(dana);
  await alice.role("button", "Deny").click();
  await dana.page.getByText(/your request was turned down/).waitFor();
  await alice.page.getByText(/asks to come in/).waitFor({ state: "detached" });
  await bob.page.getByText(/asks to come in/).waitFor({ state: "detached" });
});

test("a moderator removes a guest, whose page says so", async () => {
  await visit(dana, link);
  await ask(dana);
  await alice.role("button", "Admit").click();
  await dana.seesLive(alice);
  await alice.role("button", "People").click();
  await alice.role("button", `Remove ${dana.name}`).click();
  await alice.page.getByRole("alertdialog").getByRole("button", { name: `Remove ${dana.name}` }).click();
  await dana.page.getByRole("alert").getByText("You were removed from the call").waitFor();
  await isClean(dana, "guest removed");
  await bob.tile(dana.name).waitFor({ state: "detached" });
  await alice.role("complementary", "People").getByRole("button", { name: "Close" }).click();
});

test("a link that was taken back lets nobody ask", async () => {
  await alice.role("button", "People").click();
  await alice.role("button", "Invite a guest").click();
  const dialog = alice.role("dialog", "Invite a guest");
  await dialog.getByRole("button", { name: /^Revoke link/ }).click();
  await dialog.getByText("There are none.").waitFor();
  await alice.page.keyboard.press("Escape");
  await alice.page.keyboard.press("Escape");
  await dana.page.goto("about:blank");
  await dana.page.goto(link);
  await dana.role("textbox", "Your name").fill(dana.name);
  await dana.role("button", "Continue").click();
  await dana.page.getByRole("alert").getByText(/taken back/).waitFor();
  await isClean(dana, "guest link revoked");
});

test("the room's own link leads its members to the call, and nobody else", async () => {
  await alice.role("button", "Leave call").click();
  await alice.role("heading", ROOM).waitFor();
  await alice.role("button", "Room details").click();
  await alice.role("button", "Copy link to this room’s call").click();
  const address = await alice.page.evaluate(() => navigator.clipboard.readText());
  await alice.page.goto(address);
  await alice.role("heading", "Ready to join?").waitFor();
  await dana.page.goto(address);
  await dana.role("button", "Sign in").waitFor();
});

test("no page had an error", () => {
  const problems = [...alice.problems, ...bob.problems, ...dana.problems];
  // What the server refuses, the browser writes down, too.
  assert.deepEqual(problems.filter((text) => !/status of 410/.test(text)), []);
});
