// Every screen by keyboard, and clean in axe-core: light and dark, desktop and phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { Person } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

let server;
let alice;
let bob;

before(async () => {
  server = await Server.start();
  [alice, bob] = await Promise.all([Person.open("alice"), Person.open("bob")]);
});

after(async () => {
  await Promise.all([alice?.close(), bob?.close()]);
  await server?.remove();
});

const PHONE = { width: 320, height: 700 };

async function isClean(person, screen, sizes = [person.page.viewportSize(), PHONE]) {
  const { page } = person;
  const before = page.viewportSize();
  for (const size of sizes) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      // With reduced motion the page changes its colours at once, so none is caught halfway.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      // The page's policy admits no injected script element; the debugger's evaluation is not bound by it.
      await page.evaluate(AXE);
      const { violations, moving } = await page.evaluate(async () => {
        const { violations } = await window.axe.run(document);
        return { violations, moving: document.getAnimations().length };
      });
      const list = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
      assert.deepEqual({ list, moving }, { list: [], moving: 0 }, `${screen}, ${colorScheme}, ${size.width} px`);
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= size.width, `${screen} is ${width} px wide at ${size.width}`);
  }
  await page.setViewportSize(before);
}

test("sign-in, invitation, rooms, dialogs and pages", async () => {
  await alice.page.goto(server.url);
  await alice.role("button", "Sign in").waitFor();
  await isClean(alice, "sign in");
  await alice.role("link", "Forgot password?").click();
  await alice.role("heading", "Forgot your password?").waitFor();
  await isClean(alice, "forgot password");
  await alice.page.goto(new URL("/invite/no-such-code", server.url).href);
  await alice.page.getByText(/unknown or was used/).first().waitFor();
  await isClean(alice, "invitation that is not there");
  await alice.page.goto(server.facts.invitation);
  await alice.role("button", "Create account").waitFor();
  await isClean(alice, "invitation");
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await alice.role("heading", "No rooms yet").waitFor();
  await isClean(alice, "no rooms yet");
  await alice.role("button", "New room").click();
  await alice.role("dialog", "New room").waitFor();
  await isClean(alice, "new room");
  await alice.page.keyboard.press("Escape");
  await alice.role("button", "New message").click();
  await alice.role("dialog", "New message").waitFor();
  await isClean(alice, "new message");
  await alice.page.keyboard.press("Escape");
  await alice.createRoom("Access", [bob.email]);
  await alice.send("A message\nof two lines");
  await isClean(alice, "room");
  await alice.role("button", "Room details").click();
  await isClean(alice, "room details");
  await alice.page.keyboard.press("Escape");
  for (const name of ["Profile", "Devices", "My data", "Settings"]) {
    await alice.page.getByRole("button", { name: alice.name }).first().click();
    await alice.role("menuitem", name).click();
    await alice.role("heading", name).waitFor();
    await isClean(alice, name);
  }
  await alice.page.getByRole("button", { name: alice.name }).first().click();
  await alice.role("menuitem", "Sign out").waitFor();
  // It closes when the page changes its size.
  await isClean(alice, "menu", [alice.page.viewportSize()]);
  await alice.role("menuitem", "Sign out").click();
  await alice.page.getByRole("alertdialog").waitFor();
  await isClean(alice, "sign out");
  await alice.page.goto(new URL("/nowhere/at/all", server.url).href);
  await alice.role("heading", "There is nothing here").waitFor();
  await isClean(alice, "not found");
  await alice.page.goto(server.url);
});

test("a whole call with the keyboard alone", async () => {
  await bob.openRoom("Access");
  await bob.joinCall();
  await alice.openRoom("Access");
  const press = async (key) => alice.page.keyboard.press(key);
  const focusOn = async (name) => {
    for (let count = 0; count < 80; count += 1) {
      await press("Tab");
      const focused = await alice.page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent);
      if (focused && name.test(focused)) return;
    }
    assert.fail(`Tab never reached ${name}`);
  };
  await focusOn(/^Join call$/);
  await press("Enter");
  await alice.role("button", "Join now").waitFor();
  await isClean(alice, "before joining");
  await focusOn(/^Join now$/);
  await press("Enter");
  await alice.seesLive(bob);
  await isClean(alice, "call");
  await alice.role("button", "Mute microphone").waitFor();
  await press("m");
  await alice.role("button", "Unmute microphone").waitFor();
  await press("v");
  await alice.role("button", "Turn camera on").waitFor();
  await press("h");
  await alice.role("button", "Lower hand").waitFor();
  await press("p");
  await isClean(alice, "people");
  await press("Escape");
  await focusOn(/^Encryption/);
  await press("Enter");
  await alice.page.getByTestId("call-epoch").waitFor();
  await isClean(alice, "encryption");
  await press("Escape");
  await focusOn(/^Leave call$/);
  await press("Enter");
  await alice.role("heading", "Access").waitFor();
});
