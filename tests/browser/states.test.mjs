// What is empty, on its way or failed, and names and texts that are hard to show: clean in axe-core, dark and light, and no
// wider than a desk or a small phone. On a core that plays every state (`web/src/testing`), for no server fails on demand.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { STATE_SCENES } from "../../web/tests/state-scenes.mjs";
import { FakeApp, violations } from "./support/fake-app.mjs";
import { PATIENCE_MS } from "./support/person.mjs";

/** Each state is looked at in one of them, in turns, and measured in all: axe-core takes most of the time. */
const FORMS = [
  { width: 1280, height: 800, colorScheme: "dark" },
  { width: 360, height: 740, colorScheme: "light" },
  { width: 640, height: 400, colorScheme: "light" },
  { width: 360, height: 740, colorScheme: "dark" },
];

/** By which dates and countdowns are told. */
const NOW = new Date(Date.UTC(2026, 10, 24, 14, 5));

let app;

before(async () => {
  app = await FakeApp.open();
});

after(() => app?.close());

// Two at a time: each waits for its browser most of the time.
describe("states", { concurrency: 2 }, () => {
  for (const [index, { name, path, act }] of STATE_SCENES.entries()) {
    const { width, height, colorScheme } = FORMS[index % FORMS.length];
    test(`${name} is accessible, and fits: ${colorScheme}, ${width} px`, async () => {
      const context = await app.browser.newContext({ viewport: { width, height }, colorScheme, locale: "en-GB", reducedMotion: "reduce" });
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        const problems = [];
        page.on("pageerror", (error) => problems.push(String(error)));
        await page.clock.setFixedTime(NOW);
        await page.goto(app.origin + path);
        await act(page);
        assert.deepEqual({ violations: await violations(page), problems }, { violations: [], problems: [] });
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
