// What is empty, on its way or failed, and names and texts that are hard to show: clean in axe-core, dark and light, and no
// wider than a desk or a small phone. On a core that plays every state (`web/src/testing`), for no server fails on demand.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { STATE_SCENES } from "../../web/tests/state-scenes.mjs";
import { serve } from "../../web/tests/serve.mjs";
import { buildFake } from "./support/bundles.mjs";
import { CHROMIUM, FLAGS, PATIENCE_MS } from "./support/person.mjs";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Each state is looked at in one of them, in turns, and measured in all: axe-core takes most of the time. */
const FORMS = [
  { width: 1280, height: 800, colorScheme: "dark" },
  { width: 360, height: 740, colorScheme: "light" },
  { width: 640, height: 400, colorScheme: "light" },
  { width: 360, height: 740, colorScheme: "dark" },
];

/** By which dates and countdowns are told. */
const NOW = new Date(Date.UTC(2026, 10, 24, 14, 5));

let bundle;
let server;
let browser;

before(async () => {
  bundle = buildFake();
  server = await serve(bundle);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});

after(async () => {
  await browser?.close();
  server?.close();
  if (bundle) rmSync(bundle, { recursive: true });
});

// Two at a time: each waits for its browser most of the time.
describe("states", { concurrency: 2 }, () => {
  for (const [index, { name, path, act }] of STATE_SCENES.entries()) {
    const { width, height, colorScheme } = FORMS[index % FORMS.length];
    test(`${name} is accessible, and fits: ${colorScheme}, ${width} px`, async () => {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: "en-GB", reducedMotion: "reduce" });
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        const problems = [];
        page.on("pageerror", (error) => problems.push(String(error)));
        await page.clock.setFixedTime(NOW);
        await page.goto(server.origin + path);
        await act(page);
        // The page's policy admits no injected script element; the debugger's evaluation is not bound by it.
        await page.evaluate(AXE);
        const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        const list = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
        assert.deepEqual({ list, problems }, { list: [], problems: [] });
        for (const size of FORMS) {
          await page.setViewportSize(size);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.equal(wide, 0, `at ${size.width} px`);
        }
      } finally {
        await context.close();
      }
    });
  }
});
