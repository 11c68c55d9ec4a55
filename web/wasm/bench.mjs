// `node web/wasm/bench.mjs`: what sealing and opening a frame costs in WebAssembly, copies in and out included, and
// what joining and updating an MLS group costs. Each figure is the best of several runs: others only ever add to it.
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const built = new URL("../src/core/generated/wasm/", import.meta.url);
const { FrameCodec, FrameEngine, FrameKind, initSync } = await import(new URL("media.js", built).href);
initSync({ module: await readFile(new URL("media_bg.wasm", built)) });

const SENDER = 1;
const RECEIVER = 2;

function engine(leaf) {
  const engine = new FrameEngine();
  const update = (update) => engine.update(0, new TextEncoder().encode(JSON.stringify(update)));
  const base_key = Buffer.alloc(32, 7).toString("base64url");
  const members = [SENDER, RECEIVER];
  const call_id = "11111111-1111-4111-8111-111111111111";
  const epoch = { generation: 1, epoch: 1, own_leaf: leaf, members, base_key, retire_after_ms: 10_000 };
  update({ type: "epoch", call_id, ...epoch });
  update({ type: "send_with", epoch: 1 });
  update({ type: "expect", slots: [{ mid: "0", leaf: SENDER, kind: "camera" }] });
  return engine;
}

/** Microseconds of processor time, so that a busy machine does not blur the figure. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const RUNS = 20;

function best(run) {
  return Math.min(...Array.from({ length: RUNS }, run));
}

function frames(len, rounds) {
  const [sender, receiver] = [engine(SENDER), engine(RECEIVER)];
  const sealer = sender.attach(FrameKind.Camera);
  const frame = new Uint8Array(len).fill(1);
  let sealed = [];
  const seal = best(() => {
    sealed = [];
    const begin = cpu();
    for (let i = 0; i < rounds; i += 1) sealed.push(sender.seal(0, sealer, FrameCodec.Vp8, false, frame));
    return cpu() - begin;
  });
  // Replays are refused: each run opens frames of its own.
  const open = best(() => {
    const fresh = sealed.map(() => sender.seal(0, sealer, FrameCodec.Vp8, false, frame));
    const begin = cpu();
    for (const each of fresh) {
      if (!receiver.open(0, "0", FrameCodec.Vp8, each)) throw new Error(receiver.refusal);
    }
    return cpu() - begin;
  });
  const us = (total) => (total / rounds).toFixed(2);
  return `seal ${us(seal)} µs, open ${us(open)} µs`;
}

frames(1200, 2_000);
console.log(`SFrame in wasm, frame of 1,200 bytes: ${frames(1200, 2_000)}`);
console.log(`SFrame in wasm, frame of 20,000 bytes: ${frames(20_000, 200)}`);

const build = spawnSync(fileURLToPath(new URL("build.sh", import.meta.url)), ["bench"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
if (build.status !== 0) throw new Error("the module of the MLS bench could not be built");
const folder = pathToFileURL(`${build.stdout.trim()}/`);
const mls = await import(new URL("mls.js", folder).href);
mls.initSync({ module: await readFile(new URL("mls_bg.wasm", folder)) });

for (const devices of [2, 10, 50]) {
  const group = new mls.Mls(devices);
  const timed = (step) => {
    const begin = cpu();
    step();
    return (cpu() - begin) / 1000;
  };
  const [joins, commits, applies] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    group.prepare_join();
    joins.push(timed(() => group.join()));
    commits.push(timed(() => group.commit()));
    applies.push(timed(() => group.apply()));
  }
  const [join, commit, apply] = [joins, commits, applies].map((times) => Math.min(...times).toFixed(1));
  console.log(`MLS in wasm, ${devices} devices: join ${join} ms, update: commit ${commit} ms, apply ${apply} ms`);
}
