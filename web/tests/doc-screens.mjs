// Makes the pictures of docs/screens.md again, on the fake core in a real Chromium: every layout of a call, light and dark.
//
// Reactions need a font with emoji.
//
//   npm run screens:docs [-- --only NAME] [--browser PATH]
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { join, press, look, talk } from "./scenes.mjs";
import { serve } from "./serve.mjs";

const { values: options } = parseArgs({
  options: { only: { type: "string" }, browser: { type: "string", default: process.env["CHROMIUM"] ?? "/usr/bin/chromium" } },
});

const DESKTOP = { name: "", width: 1280, height: 800, touch: false };
const PHONE = { name: "phone-", width: 390, height: 780, touch: true };
const BOTH = [DESKTOP, PHONE];

/** Of WebP, enough for text; half the bytes of what Chromium takes by itself. */
const QUALITY = 72;

/** Pictures, sizes and colours settle; by touch a dialog waits for the screen keyboard. */
const SETTLE_MS = 900;

/** @param {import("playwright-core").Page} page @param {(fake: any) => void} act */
const fake = (page, act) => page.evaluate(`(${act.toString()})(window.fake)`);

/** @param {import("playwright-core").Page} page */
async function call(page) {
  await join(page);
  await fake(page, (fake) => fake.everybody());
}

/** @param {import("playwright-core").Page} page */
async function several(page) {
  await call(page);
  await fake(page, (fake) => fake.crowd(8));
}

/** @type {{ name: string, path: string, sizes: typeof BOTH, act: (page: import("playwright-core").Page) => Promise<void> }[]} */
const SCENES = [
  { name: "before-joining", path: "/rooms/design/call", sizes: BOTH, act: (page) => page.getByRole("button", { name: "Join now" }).waitFor() },
  { name: "grid", path: "/rooms/design/call", sizes: [DESKTOP], act: several },
  { name: "grid", path: "/rooms/design/call", sizes: [PHONE], act: call },
  {
    name: "speaker",
    path: "/rooms/design/call",
    sizes: BOTH,
    act: async (page) => {
      await several(page);
      await look(page, true);
    },
  },
  {
    name: "shared-screen",
    path: "/rooms/design/call",
    sizes: BOTH,
    act: async (page) => {
      await call(page);
      await fake(page, (fake) => fake.share());
      await page.getByRole("group", { name: "Carol Lindqvist, sharing screen" }).waitFor();
    },
  },
  {
    name: "spotlight",
    path: "/rooms/design/call",
    sizes: [DESKTOP],
    act: async (page) => {
      await call(page);
      await fake(page, (fake) => fake.core.setCall({ ...fake.core.call, spotlight: 1 }));
      await page.getByText("In the spotlight").waitFor();
    },
  },
  {
    name: "pinned",
    path: "/rooms/design/call",
    sizes: [DESKTOP],
    act: async (page) => {
      await call(page);
      await page.getByRole("button", { name: "Pin Dan Petrov" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("Pinned").waitFor();
    },
  },
  {
    name: "lobby",
    path: "/rooms/design/call",
    sizes: [DESKTOP],
    act: async (page) => {
      await call(page);
      await fake(page, (fake) => fake.knocking());
      await page.keyboard.press("p");
      await page.getByText("Jonas Weber").last().waitFor();
    },
  },
  {
    name: "guest-waiting",
    path: "/guest/0a1b2c3d-0000-4000-8000-0123456789ab#abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE",
    sizes: BOTH,
    act: async (page) => {
      await page.getByRole("textbox", { name: "Your name" }).waitFor();
      await fake(page, (fake) => {
        fake.core.answers.set("join_call", new Promise(() => {}));
        fake.guest("waiting");
      });
      await press(page, "Join now");
      await page.getByRole("heading", { name: "Waiting to be let in" }).waitFor();
    },
  },
  {
    name: "people",
    path: "/rooms/design/call",
    sizes: BOTH,
    act: async (page) => {
      await call(page);
      await page.keyboard.press("p");
      await page.getByText("4 devices in the call").waitFor();
    },
  },
  {
    name: "chat",
    path: "/rooms/design/call",
    sizes: BOTH,
    act: async (page) => {
      await call(page);
      await talk(page);
      await press(page, "Chat");
      await page.getByText("whole width").waitFor();
    },
  },
  {
    name: "encryption",
    path: "/rooms/design/call",
    sizes: BOTH,
    act: async (page) => {
      await call(page);
      await press(page, "Encryption");
      await page.getByRole("heading", { name: "Who holds the keys" }).waitFor();
    },
  },
  {
    name: "devices",
    path: "/rooms/design/call",
    sizes: [DESKTOP],
    act: async (page) => {
      await call(page);
      await press(page, "Audio and video");
      await page.getByRole("switch", { name: "Blur background" }).waitFor();
    },
  },
  {
    name: "more",
    path: "/rooms/design/call",
    sizes: [PHONE],
    act: async (page) => {
      await call(page);
      await press(page, "More");
      await page.getByRole("menuitem", { name: "Raise hand" }).waitFor();
    },
  },
];

const root = path.dirname(import.meta.dirname);
const out = path.join(root, "../docs/screens");
const bundle = await mkdtemp(path.join(os.tmpdir(), "conclave-fake-"));
await mkdir(out, { recursive: true });
execFileSync("npx", ["vite", "build", "--mode", "fake", "--outDir", bundle, "--emptyOutDir", "--logLevel", "error"], { cwd: root, stdio: "inherit" });
const server = await serve(bundle);
const browser = await chromium.launch({ executablePath: options.browser, args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"] });

let bytes = 0;
for (const scene of SCENES) {
  if (options.only !== undefined && !scene.name.includes(options.only)) continue;
  for (const size of scene.sizes) await visit(scene, size);
}
await browser.close();
server.close();
await rm(bundle, { recursive: true });
console.log(`${String(Math.round(bytes / 1024))} KiB in ${out}`);

/** @param {typeof SCENES[number]} scene @param {typeof DESKTOP} size */
async function visit(scene, { name, width, height, touch }) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "en-GB", hasTouch: touch, reducedMotion: "reduce" });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await page.clock.setFixedTime(new Date(Date.UTC(2026, 10, 24, 14, 5)));
  await page.goto(server.origin + scene.path);
  await scene.act(page);
  await page.mouse.move(0, 0);
  // As somebody sees it who has just come: from the top, without a hint at what has the focus.
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLButtonElement) document.activeElement.blur();
    document.querySelector("main")?.scrollTo(0, 0);
  });
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(SETTLE_MS);
    const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
    const picture = Buffer.from(data, "base64");
    bytes += picture.length;
    await writeFile(path.join(out, `${name}${scene.name}-${colorScheme}.webp`), picture);
  }
  await context.close();
}
