// The app on a core that plays every state (`web/src/testing`), in a browser: for what no server does on demand.
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { serve } from "../../../web/tests/serve.mjs";
import { buildFake } from "./bundles.mjs";
import { CHROMIUM, FLAGS } from "./person.mjs";

const require = createRequire(new URL("../../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export class FakeApp {
  static async open() {
    const app = new FakeApp();
    app.bundle = buildFake();
    app.server = await serve(app.bundle);
    app.origin = app.server.origin;
    app.browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    return app;
  }

  async close() {
    await this.browser.close();
    this.server.close();
    rmSync(this.bundle, { recursive: true });
  }
}

// What axe-core finds in a page. The page's policy admits no injected script element; the debugger's evaluation is not
// bound by it.
export async function violations(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
}
