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

async function isClean(person, screen) {
  const wide = person.page.viewportSize();
  for (const size of [wide, { width: 320, height: 700 }]) {
    await person.page.setViewportSize(size);
    // Colours do not depend on the width: the narrow page is looked at in the scheme that is on.
    for (const colorScheme of size === wide ? ["light", "dark"] : ["dark"]) {
      // Reduced motion, so that no colour is caught halfway through a change.
      await person.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await person.page.evaluate(async () => {
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
      });
      // The page's policy admits no injected script element; the debugger's evaluation is not bound by it.
      await person.page.evaluate(AXE);
      const found = await person.page.evaluate(() => window.axe.run(document));
      const list = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
      assert.deepEqual(list, [], `${screen}, ${colorScheme}, ${size.width} px`);
    }
    const width = await person.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= size.width, `${screen} is ${width} px wide at ${size.width}`);
  }
  await person.page.setViewportSize(wide);
}

test("sign-in, invitation, rooms, dialogs and pages", async () => {
  await alice.page.goto(server.url);
  await alice.role("button", "Sign in").waitFor();
  await isClean(alice, "sign in");
  await alice.page.goto(server.facts.invitation);
  await alice.role("button", "Create account").waitFor();
  await isClean(alice, "invitation");
  await alice.register(server.facts.invitation);
  await bob.register(await server.invite(bob.email));
  await isClean(alice, "no rooms yet");
  await alice.role("button", "New room").click();
  await alice.role("dialog", "New room").waitFor();
  await isClean(alice, "new room");
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
