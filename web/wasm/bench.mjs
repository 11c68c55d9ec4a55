// `node web/wasm/bench.mjs`: what sealing and opening a frame costs in Chromium, copies into WebAssembly and out
// included, and what joining and updating an MLS group costs. Each figure is the best of several runs: others only ever
// add to it.
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "../tests/serve.mjs";

const { chromium } = createRequire(new URL("../package.json", import.meta.url))("playwright-core");

/** Runs of which the best counts. */
const RUNS = 20;

/** In the page: what a frame of `len` bytes costs, in microseconds. */
async function frames({ len, rounds, runs }) {
  const updates = await import("/media-updates.js");
  const { default: init, FrameCodec, FrameEngine, FrameKind } = await import("/media.js");
  await init({ module_or_path: "/media_bg.wasm" });
  const [SENDER, RECEIVER] = [1, 2];
  const engine = (leaf) => {
    const engine = new FrameEngine();
    const callId = "11111111-1111-4111-8111-111111111111";
    const baseKey = new Uint8Array(32).fill(1);
    const call = { callId, generation: 1, epoch: 1, ownLeaf: leaf, members: [SENDER, RECEIVER] };
    engine.update(0, updates.epoch({ ...call, baseKey, retireAfterMs: 10_000 }));
    engine.update(0, updates.sendWith(1));
    engine.update(0, updates.expect([{ mid: "0", leaf: SENDER, kind: "camera" }]));
    return engine;
  };
  const best = (run) => Math.min(...Array.from({ length: runs }, run));
  const [sender, receiver] = [engine(SENDER), engine(RECEIVER)];
  const sealer = sender.attach(FrameKind.Camera);
  const frame = new Uint8Array(len).fill(1);
  const sealOne = () => sender.seal(0, sealer, FrameCodec.Vp8, false, frame);
  const seal = best(() => {
    const begin = performance.now();
    for (let round = 0; round < rounds; round += 1) sealOne();
    return performance.now() - begin;
  });
  // Replays are refused: each run opens frames of its own.
  const open = best(() => {
    const fresh = Array.from({ length: rounds }, sealOne);
    const begin = performance.now();
    for (const each of fresh) {
      if (!receiver.open(0, "0", FrameCodec.Vp8, each)) throw new Error(receiver.refusal);
    }
    return performance.now() - begin;
  });
  return { seal: (seal / rounds) * 1_000, open: (open / rounds) * 1_000 };
}

/** In the page: what a group of so many devices costs, in milliseconds. */
async function mls({ devices, runs }) {
  const { default: init, Mls } = await import("/mls.js");
  await init({ module_or_path: "/mls_bg.wasm" });
  const group = new Mls(devices);
  const best = { join: Infinity, commit: Infinity, apply: Infinity };
  for (let run = 0; run < runs; run += 1) {
    group.prepare_join();
    for (const step of ["join", "commit", "apply"]) {
      const begin = performance.now();
      group[step]();
      best[step] = Math.min(best[step], performance.now() - begin);
    }
  }
  return best;
}

function build(...what) {
  const script = fileURLToPath(new URL("build.sh", import.meta.url));
  const built = spawnSync(script, what, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (built.status !== 0) throw new Error("WebAssembly could not be built");
  return built.stdout.trim();
}

const folder = await mkdtemp(join(tmpdir(), "conclave-bench."));
build();
await cp(new URL("../src/core/generated/wasm/", import.meta.url), folder, { recursive: true });
await cp(build("bench"), folder, { recursive: true });
await cp(new URL("../src/core/media-updates.mjs", import.meta.url), join(folder, "media-updates.js"));
await writeFile(join(folder, "index.html"), "<!doctype html><title>bench</title>");
const { origin, close } = await serve(folder);
const browser = await chromium.launch({
  executablePath: process.env.CONCLAVE_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage();
  await page.goto(origin);
  const ask = { runs: RUNS };
  await page.evaluate(frames, { len: 1200, rounds: 2_000, ...ask });
  for (const [len, rounds] of [[1200, 2_000], [20_000, 200]]) {
    const { seal, open } = await page.evaluate(frames, { len, rounds, ...ask });
    console.log(`SFrame in wasm, frame of ${len} bytes: seal ${seal.toFixed(1)} µs, open ${open.toFixed(1)} µs`);
  }
  for (const devices of [2, 10, 50]) {
    const { join, commit, apply } = await page.evaluate(mls, { devices, ...ask });
    const [j, c, a] = [join, commit, apply].map((time) => time.toFixed(1));
    console.log(`MLS in wasm, ${devices} devices: join ${j} ms, update: commit ${c} ms, apply ${a} ms`);
  }
} finally {
  await browser.close();
  close();
  await rm(folder, { recursive: true });
}
