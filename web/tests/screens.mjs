// Walks through every screen on the fake core in a real Chromium: light and dark, desktop and phone. Saves a picture
// of each, and fails if axe-core finds a violation, if the console shows an error, or if a page scrolls sideways.
//
//   npm run screens [-- --out FOLDER] [--only NAME] [--size desktop|phone|turned|small|zoomed] [--browser PATH]
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { CALL_SCENES } from "./call-scenes.mjs";
import { CONTACT_SCENES } from "./contact-scenes.mjs";
import { FILE_SCENES } from "./file-scenes.mjs";
import { MESSAGE_SCENES } from "./message-scenes.mjs";
import { SCENES } from "./scenes.mjs";
import { serve } from "./serve.mjs";
import { STATE_SCENES } from "./state-scenes.mjs";

const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    only: { type: "string" },
    size: { type: "string" },
    browser: { type: "string", default: process.env["CHROMIUM"] ?? "/usr/bin/chromium" },
  },
});

/** Each visit is looked at in these forms; the page follows without a load. */
const VISITS = {
  desktop: [
    { suffix: "desktop-light", width: 1280, height: 800, colorScheme: "light" },
    { suffix: "desktop-dark", width: 1280, height: 800, colorScheme: "dark" },
  ],
  phone: [
    { suffix: "phone-light", width: 390, height: 780, colorScheme: "light" },
    { suffix: "phone-dark", width: 390, height: 780, colorScheme: "dark" },
    // 1280 pixels at 400 % zoom (WCAG 1.4.10).
    { suffix: "narrow-light", width: 320, height: 640, colorScheme: "light" },
  ],
  // The most common width of a phone.
  small: [
    { suffix: "small-light", width: 360, height: 740, colorScheme: "light" },
    { suffix: "small-dark", width: 360, height: 740, colorScheme: "dark" },
  ],
  // 1280 pixels at 200 % zoom.
  zoomed: [
    { suffix: "zoomed-light", width: 640, height: 400, colorScheme: "light", scale: 2 },
    { suffix: "zoomed-dark", width: 640, height: 400, colorScheme: "dark", scale: 2 },
  ],
  // A phone on its side.
  turned: [{ suffix: "turned-light", width: 844, height: 390, colorScheme: "light" }],
};

const root = path.dirname(import.meta.dirname);
const bundle = await mkdtemp(path.join(os.tmpdir(), "conclave-fake-"));
const out = options.out ?? path.join(os.tmpdir(), "conclave-screens");
await mkdir(out, { recursive: true });
execFileSync("npx", ["vite", "build", "--mode", "fake", "--outDir", bundle, "--emptyOutDir", "--logLevel", "error"], {
  cwd: root,
  stdio: "inherit",
});
const server = await serve(bundle);
const browser = await chromium.launch({
  executablePath: options.browser,
  args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"],
});
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A page that does not come to be what a scene waits for is a fault. */
const PATIENCE_MS = 10_000;
const SETTLE_MS = 300;
/** By touch a dialog waits up to 600 ms for the screen keyboard before it shows. */
const KEYBOARD_MS = 700;

/** @type {string[]} */
const faults = [];
let count = 0;
for (const [size, forms] of Object.entries(VISITS)) {
  for (const scene of [...SCENES, ...MESSAGE_SCENES, ...FILE_SCENES, ...CONTACT_SCENES, ...STATE_SCENES, ...CALL_SCENES]) {
    if (options.only !== undefined && !scene.name.includes(options.only)) continue;
    if (options.size !== undefined && options.size !== size) continue;
    if (!(scene.sizes ?? ["desktop", "phone"]).includes(size)) continue;
    await visit(scene, /** @type {Form[]} */ (forms), size !== "desktop" && size !== "zoomed");
  }
}
await browser.close();
server.close();
await rm(bundle, { recursive: true });

console.log(`${String(count)} screens in ${out}`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

/**
 * @typedef {{ suffix: string, width: number, height: number, colorScheme: "light" | "dark", scale?: number }} Form
 *
 * @param {import("./scenes.mjs").Scene} scene
 * @param {Form[]} forms
 * @param {boolean} hasTouch
 */
async function visit(scene, forms, hasTouch) {
  const [first] = forms;
  if (!first) return;
  const { width, height, colorScheme, scale = 1 } = first;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: "en-GB", hasTouch, deviceScaleFactor: scale });
  const page = await context.newPage();
  const where = `${scene.name}-${first.suffix}`;
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`${where}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${where}: ${error.message}`));
  await page.clock.setFixedTime(new Date(Date.UTC(2026, 10, 24, 14, 5)));
  try {
    await page.goto(server.origin + scene.path);
    await scene.act?.(page);
    if (hasTouch) await page.waitForTimeout(KEYBOARD_MS);
    await page.evaluate(axe);
    for (const form of forms) {
      const name = `${scene.name}-${form.suffix}`;
      await page.emulateMedia({ colorScheme: form.colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width: form.width, height: form.height });
      // Pictures, sizes and colours settle.
      await page.waitForTimeout(SETTLE_MS);
      await page.screenshot({ path: path.join(out, `${name}.png`) });
      await inspect(page, name);
      count += 1;
    }
  } catch (error) {
    faults.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    await page.screenshot({ path: path.join(out, `${where}-failed.png`) }).catch(() => undefined);
  }
  await context.close();
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
async function inspect(page, name) {
  const found = await page.evaluate(async () => {
    // @ts-expect-error -- axe put itself into the page
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.flatMap((/** @type {any} */ violation) =>
      violation.nodes.map((/** @type {any} */ node) => `${violation.id}: ${node.target.join(" ")} ${node.failureSummary}`),
    );
  });
  for (const text of found) faults.push(`${name}: axe: ${String(text).replaceAll("\n", " ")}`);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (sideways > 0) faults.push(`${name}: the page is ${String(sideways)} pixels too wide`);
}
