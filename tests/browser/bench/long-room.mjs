// What a long room costs: how long until it can be read, how smoothly it scrolls, what a new message costs, and memory.
//
// First the page alone, on a core that holds the messages ready, so that a room can have any length. Then, where
// CONCLAVE_PROGRAM names the program (and web/dist is built), a real room: one person says all of it, and opens it again.
// Prints a line for each, and one JSON object as the last line.
//
//   node tests/browser/bench/long-room.mjs [--sizes 1000,10000,100000] [--real 10000]
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { buildFake } from "../support/bundles.mjs";

const { values: options } = parseArgs({
  options: { sizes: { type: "string", default: "1000,10000,100000" }, real: { type: "string", default: process.env.CONCLAVE_PROGRAM ? "10000" : "0" } },
});
const sizes = options.sizes.split(",").map(Number).filter((size) => size > 0);
const real = Number(options.real);

/** Scrolled up in the page alone: further than what is drawn at once, over many pages of the core. */
const SCROLLED_MESSAGES = 3_000;

/** Messages that come while one looks. */
const COMING = 30;

/** Commands that the real core has open at once. */
const AT_ONCE = 16;

/** Being led from the newest message to the oldest. */
const JUMP_MS = 120_000;

const web = new URL("../../../web/", import.meta.url);
const { chromium } = createRequire(new URL("package.json", web))("playwright-core");
const CHROMIUM = process.env.CONCLAVE_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--enable-precise-memory-info"];

const results = [];
if (sizes.length > 0) await thePageAlone();
if (real > 0) await aRealRoom();
console.log(JSON.stringify(results));

async function thePageAlone() {
  const folder = buildFake();
  const { serve } = await import(new URL("tests/serve.mjs", web).href);
  const server = await serve(folder);
  try {
    for (const size of sizes) {
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(`${server.origin}/`);
      await page.getByRole("navigation", { name: "Rooms" }).waitFor();
      await page.evaluate((size) => globalThis.fake.history("archive", size), size);
      const result = { where: "page alone", messages: size, open_ms: await opens(page, "Archive of the harbour project", `Note ${String(size - 1)}`) };
      Object.assign(result, await scrolls(page, Math.min(size, SCROLLED_MESSAGES)));
      Object.assign(result, await allLoaded(page, size));
      result.coming = await comes(page, size);
      result.typing = await types(page);
      Object.assign(result, await memory(page));
      say(result);
      await browser.close();
    }
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

async function aRealRoom() {
  const { Person } = await import("../support/person.mjs");
  const { Server } = await import("../support/server.mjs");
  const server = await Server.start();
  const alice = await Person.open("alice", { flags: ["--enable-precise-memory-info"] });
  try {
    // The page's way to its core, so that ten thousand messages need not be typed.
    await alice.context.addInitScript(() => {
      const Original = globalThis.Worker;
      globalThis.Worker = class extends Original {
        constructor(url, settings) {
          super(url, settings);
          if (settings?.name === "core") globalThis.coreWorker = this;
        }
      };
    });
    await alice.register(server.facts.invitation);
    await alice.createRoom("Long", []);
    await alice.page.getByRole("link", { name: "Conclave" }).first().click().catch(() => undefined);
    const begun = Date.now();
    await alice.page.evaluate(fillReal, { roomId: new URL(alice.page.url()).pathname.split("/").at(-1), count: real, atOnce: AT_ONCE });
    const filled = Date.now() - begun;
    const last = `Note ${String(real - 1)}`;
    // Cold: the browser begins anew, and the core reads its store.
    await alice.restart(server.url);
    await alice.isIn();
    const ready = await alice.page.evaluate(() => performance.now());
    const result = { where: "real", messages: real, filled_ms: filled, start_to_rooms_ms: Math.round(ready), open_ms: await opens(alice.page, "Long", last) };
    Object.assign(result, await scrolls(alice.page, Math.min(real, SCROLLED_MESSAGES)));
    result.typing = await types(alice.page);
    await alice.page.getByRole("searchbox", { name: "Search" }).fill("keel");
    const link = alice.page.getByRole("navigation", { name: "Search results" }).getByRole("link").last();
    await link.waitFor();
    const clicked = Date.now();
    await link.click();
    await alice.page.locator(".message-found").waitFor({ timeout: JUMP_MS });
    result.jump_to_oldest_ms = Date.now() - clicked;
    Object.assign(result, await memory(alice.page));
    await alice.page.reload();
    await alice.page.getByText(last, { exact: false }).last().waitFor();
    result.reload_to_readable_ms = Math.round(await alice.page.evaluate(() => performance.now()));
    say(result);
  } finally {
    await alice.close();
    await server.remove();
  }
}

function fillReal({ roomId, count, atOnce }) {
  const worker = globalThis.coreWorker;
  return new Promise((resolve, reject) => {
    let [sent, done, open] = [0, 0, 0];
    // Far from the ids that the page itself counts.
    const base = 1_000_000_000;
    const more = () => {
      while (open < atOnce && sent < count) {
        const text = sent === 0 ? "Of the keel" : `Note ${sent} ${"about the harbour, the cranes and the tide. ".repeat((sent * 7) % 5)}`;
        worker.postMessage({ type: "command", id: base + sent, command: { type: "send_text", room_id: roomId, text, mentions: [] } });
        sent += 1;
        open += 1;
      }
    };
    worker.addEventListener("message", ({ data }) => {
      if (data.type !== "event" || data.event.type !== "reply" || data.event.id < base) return;
      open -= 1;
      if (data.event.reply.type === "failed") return reject(new Error(JSON.stringify(data.event.reply)));
      done += 1;
      if (done === count) resolve();
      else more();
    });
    more();
  });
}

// Milliseconds from the click on a room to the frame in which its newest message shows.
async function opens(page, title, newest) {
  return page.evaluate(
    ({ title, newest }) =>
      new Promise((resolve) => {
        const link = [...document.querySelectorAll("nav a")].find((each) => each.textContent === title);
        const begun = performance.now();
        const look = () => {
          const last = [...document.querySelectorAll("[role=log] article")].at(-1);
          if (last?.textContent.includes(newest)) requestAnimationFrame(() => setTimeout(() => resolve(Math.round(performance.now() - begun)), 0));
          else requestAnimationFrame(look);
        };
        link.click();
        look();
      }),
    { title, newest },
  );
}

// Scrolls up as a wheel does, until so many messages went by: frame times and how often the reader's place jumped.
async function scrolls(page, count) {
  return page.evaluate(
    ({ count }) =>
      new Promise((resolve) => {
        const log = document.querySelector("[role=log]");
        const frames = [];
        const tasks = [];
        const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
        observer.observe({ type: "longtask" });
        const seen = new Set();
        const began = performance.now();
        let before = began;
        let stuck = 0;
        let drawn = 0;
        const step = (now) => {
          frames.push(now - before);
          before = now;
          const messages = log.querySelectorAll("[data-message]");
          drawn = Math.max(drawn, messages.length);
          for (const message of messages) seen.add(message.dataset.message);
          const top = log.scrollTop;
          log.scrollTop = top - 240;
          stuck = log.scrollTop === top ? stuck + 1 : 0;
          if (seen.size < count && stuck < 60 && now - began < 60_000) return requestAnimationFrame(step);
          observer.disconnect();
          const sorted = frames.slice(1).toSorted((a, b) => a - b);
          const at = (share) => Math.round(10 * (sorted[Math.floor(sorted.length * share)] ?? 0)) / 10;
          resolve({
            scrolled: seen.size,
            scroll: { frames: sorted.length, p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), worst_ms: at(0.9999), over_50_ms: sorted.filter((each) => each > 50).length },
            longest_task_ms: Math.round(Math.max(0, ...tasks)),
            drawn,
          });
        };
        requestAnimationFrame((now) => {
          before = now;
          requestAnimationFrame(step);
        });
      }),
    { count },
  );
}

// Has the page load all of it, page by page, as who looks for the beginning does.
async function allLoaded(page, size) {
  return page.evaluate(async (size) => {
    const { core } = globalThis.fake;
    let told = 0;
    let more = true;
    const stop = core.onEvent((event) => {
      if (event.type !== "messages") return;
      told += event.messages.length;
      more = event.has_older;
    });
    const begun = performance.now();
    let [pages, worst] = [0, 0];
    while (more && told < size) {
      const at = performance.now();
      await core.send({ type: "load_older", room_id: "archive" });
      pages += 1;
      worst = Math.max(worst, performance.now() - at);
      if (pages % 50 === 0) await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    stop();
    return { load_all: { pages, all_ms: Math.round(performance.now() - begun), worst_ms: Math.round(worst) } };
  }, size);
}

// New messages with everything loaded: from the core's word to the next frame.
async function comes(page, size) {
  return page.evaluate(
    async ({ size, count }) => {
      const { core, wrote } = globalThis.fake;
      const times = [];
      for (let index = 0; index < count; index += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const begun = performance.now();
        core.tell({ type: "messages", room_id: "archive", reset: false, messages: [wrote(size + 10 + index, "carol", `News ${index}`)], removed: [], has_older: false });
        await new Promise((resolve) => setTimeout(resolve, 0));
        times.push(performance.now() - begun);
      }
      const sorted = times.toSorted((a, b) => a - b);
      return { p50_ms: Math.round(10 * sorted[Math.floor(count / 2)]) / 10, worst_ms: Math.round(10 * sorted.at(-1)) / 10 };
    },
    { size, count: COMING },
  );
}

// From a key to the frame that shows it.
async function types(page) {
  await page.getByRole("textbox", { name: "Message" }).focus();
  await page.evaluate(() => {
    globalThis.typed = [];
    document.querySelector("textarea").addEventListener("keydown", () => {
      const begun = performance.now();
      requestAnimationFrame(() => setTimeout(() => globalThis.typed.push(performance.now() - begun), 0));
    });
  });
  for (let index = 0; index < 40; index += 1) await page.keyboard.press("a");
  return page.evaluate(() => {
    const sorted = globalThis.typed.toSorted((a, b) => a - b);
    return { p50_ms: Math.round(10 * sorted[Math.floor(sorted.length / 2)]) / 10, worst_ms: Math.round(10 * sorted.at(-1)) / 10 };
  });
}

async function memory(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return { heap_mb: Math.round(usedSize / 1e5) / 10, elements: await page.evaluate(() => document.querySelectorAll("*").length) };
}

function say(result) {
  const { where, messages, open_ms, scroll, longest_task_ms, drawn, heap_mb } = result;
  console.log(`${where}, ${messages} messages: readable after ${open_ms} ms; scrolling: frames of ${scroll.p50_ms} ms, 1 in 100 over ${scroll.p99_ms} ms, longest task ${longest_task_ms} ms, at most ${drawn} messages in the page; heap ${heap_mb} MB`);
  results.push(result);
}
