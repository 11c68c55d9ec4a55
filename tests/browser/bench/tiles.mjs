// How many frames of 25 tiles at once one Chromium decodes: the real grid and the real receiving in one browser, frames that
// were encoded before in another, nothing between them. Prints a line, and one JSON object as the last line.
//
//   node tests/browser/bench/tiles.mjs [--tiles N] [--rate N] [--seconds N] [--picture FILE.png]
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { CHROMIUM, FLAGS, until } from "../support/person.mjs";

const { values: options } = parseArgs({
  options: {
    tiles: { type: "string", default: "25" },
    rate: { type: "string", default: "30" },
    seconds: { type: "string", default: "15" },
    picture: { type: "string" },
  },
});
const [tiles, rate, seconds] = [options.tiles, options.rate, options.seconds].map(Number);

/** The modules of a page come one by one, untied. */
const LOAD_MS = 120_000;

/** Rates and buffers come to rest. */
const SETTLE_MS = 8_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const web = new URL("../../../web/", import.meta.url);
const { chromium } = createRequire(new URL("package.json", web))("playwright-core");
const { createServer } = await import(new URL("node_modules/vite/dist/node/index.js", web).href);
const vite = await createServer({ root: fileURLToPath(web), mode: "fake", logLevel: "error", server: { port: 0, host: "127.0.0.1" } });
await vite.listen();
const origin = `http://127.0.0.1:${vite.httpServer.address().port}`;
const launch = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
const browsers = await Promise.all([launch(), launch()]);
try {
  const [sending, receiving] = await Promise.all(browsers.map((browser) => browser.newPage({ viewport: { width: 1280, height: 800 } }).then((page) => (page.setDefaultTimeout(LOAD_MS), page))));
  for (const [who, page] of [["sending", sending], ["receiving", receiving]]) {
    page.on("pageerror", (error) => console.error(who, String(error)));
  }
  await Promise.all([sending.goto(`${origin}/tests/media.html`), receiving.goto(`${origin}/rooms/design/call`)]);
  await receiving.getByRole("button", { name: "Join now" }).click();
  await receiving.getByRole("toolbar", { name: "Call controls" }).waitFor();
  // The painted cameras stand still: what they cost is no part of this.
  await receiving.evaluate(() => {
    for (let id = setInterval(() => {}, 1_000); id > 0; id -= 1) clearInterval(id);
  });
  for (const page of [sending, receiving]) await page.evaluate(() => import("/tests/tiles.ts"));

  const length = Math.ceil(SETTLE_MS / 1_000) + seconds + 30;
  await receiving.exposeFunction("offerTo", (sdp) =>
    sending.evaluate(({ sdp, tiles, length, rate }) => globalThis.tiles.publish(sdp, globalThis.tiles.leavesOf(tiles), length, rate), { sdp, tiles, length, rate }),
  );
  await receiving.evaluate((tiles) => globalThis.tiles.receive(tiles, globalThis.offerTo), tiles);
  await until(`${tiles} tiles show`, async () => (await receiving.evaluate(() => globalThis.tiles.shown())).tiles === tiles);
  await pause(SETTLE_MS);

  const look = () => Promise.all([sending.evaluate(() => globalThis.tiles.counts()), receiving.evaluate(() => globalThis.tiles.counts()), receiving.evaluate(() => globalThis.tiles.shown())]);
  const before = await look();
  await pause(seconds * 1_000);
  const after = await look();
  if (options.picture) await receiving.screenshot({ path: options.picture });
  const [sent, received, shown] = after.map((now, index) => (key) => (now[key] ?? 0) - (before[index][key] ?? 0));
  const measured = {
    tiles,
    rate,
    seconds: Math.round(sent("at") / 100) / 10,
    sent: sent("framesSent"),
    received: received("framesReceived"),
    decoded: received("framesDecoded"),
    shown: shown("frames"),
    packets_lost: received("packetsLost"),
    key_frames: received("keyFramesDecoded"),
    decode_ms: Math.round((1_000 * received("totalDecodeTime") * 100) / received("framesDecoded")) / 100,
  };
  const share = (100 * measured.decoded) / measured.sent;
  console.log(`${tiles} tiles of 180p at ${rate} a second: ${share.toFixed(1)} % of ${measured.sent} frames decoded, ${((100 * measured.shown) / measured.sent).toFixed(1)} % shown`);
  console.log(JSON.stringify(measured));
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await vite.close();
}
