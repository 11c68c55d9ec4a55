// Walks through every screen on the fake core in a real Chromium: light and dark, desktop and phone. Saves a picture
// of each, and fails if axe-core finds a violation, if the console shows an error, or if a page scrolls sideways.
//
//   npm run screens [-- --out FOLDER] [--only NAME] [--browser PATH]
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { SCENES } from "./scenes.mjs";
import { serve } from "./serve.mjs";

const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    only: { type: "string" },
    browser: { type: "string", default: process.env["CHROMIUM"] ?? "/usr/bin/chromium" },
  },
});

const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 780 },
  // 1280 pixels at 400 % zoom (WCAG 1.4.10).
  narrow: { width: 320, height: 640 },
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
  args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @type {string[]} */
const faults = [];
let count = 0;
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const scheme of /** @type {const} */ (["light", "dark"])) {
    // At the narrowest only the layout differs from the phone's.
    if (size === "narrow" && scheme === "dark") continue;
    for (const scene of SCENES) {
      if (options.only !== undefined && !scene.name.includes(options.only)) continue;
      if (scene.sizes && !scene.sizes.includes(size)) continue;
      await visit(`${scene.name}-${size}-${scheme}`, scene, viewport, scheme, size !== "desktop");
      count += 1;
    }
  }
}
await browser.close();
server.close();
await rm(bundle, { recursive: true });

console.log(`${String(count)} screens in ${out}`);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

/**
 * @param {string} name
 * @param {import("./scenes.mjs").Scene} scene
 * @param {{ width: number, height: number }} viewport
 * @param {"light" | "dark"} colorScheme
 * @param {boolean} touch
 */
async function visit(name, scene, viewport, colorScheme, touch) {
  const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB", hasTouch: touch, bypassCSP: false });
  const page = await context.newPage();
  page.setDefaultTimeout(5_000);
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${name}: ${error.message}`));
  await page.clock.setFixedTime(new Date(Date.UTC(2026, 10, 24, 14, 5)));
  try {
    await page.goto(server.origin + scene.path);
    await scene.act?.(page);
    // Pictures, fonts and dialogs settle.
    await page.waitForTimeout(250);
    await page.screenshot({ path: path.join(out, `${name}.png`) });
    await inspect(page, name);
  } catch (error) {
    faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    await page.screenshot({ path: path.join(out, `${name}-failed.png`) }).catch(() => undefined);
  }
  await context.close();
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
async function inspect(page, name) {
  await page.evaluate(axe);
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
