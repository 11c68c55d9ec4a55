// `node web/wasm/bench.mjs`: what sealing and opening a frame costs in WebAssembly, copies in and out included.
import { readFile } from "node:fs/promises";

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
  update({ type: "epoch", generation: 1, epoch: 1, own_leaf: leaf, members, base_key, retire_after_ms: 10_000 });
  update({ type: "send_with", epoch: 1 });
  update({ type: "expect", slots: [{ mid: "0", leaf: SENDER, kind: "camera" }] });
  return engine;
}

/** Microseconds of processor time, so that a busy machine does not blur the figure. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function measure(len, rounds) {
  const [sender, receiver] = [engine(SENDER), engine(RECEIVER)];
  const sealer = sender.attach(FrameKind.Camera);
  const frame = new Uint8Array(len).fill(1);
  const sealed = [];
  const begin = cpu();
  for (let i = 0; i < rounds; i += 1) sealed.push(sender.seal(0, sealer, FrameCodec.Vp8, false, frame));
  const middle = cpu();
  for (const each of sealed) {
    if (!receiver.open(0, "0", FrameCodec.Vp8, each)) throw new Error(receiver.refusal);
  }
  const end = cpu();
  const us = (total) => (total / rounds).toFixed(2);
  return `seal ${us(middle - begin)} µs, open ${us(end - middle)} µs`;
}

measure(1200, 20_000);
console.log(`SFrame in wasm, frame of 1,200 bytes: ${measure(1200, 20_000)}`);
console.log(`SFrame in wasm, frame of 20,000 bytes: ${measure(20_000, 2_000)}`);
