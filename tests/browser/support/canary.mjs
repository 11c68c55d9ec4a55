// Looks for marked texts wherever a server could have left them: files, memory, traffic; raw, in other encodings, and
// inside compressed streams.
import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateSync } from "node:zlib";

// Long enough never to occur by chance, letters only so that no encoding of JSON or URLs changes it.
export function canary(kind) {
  return `canary${kind}${randomBytes(12).toString("hex").replace(/\d/g, (digit) => "ghijklmnop"[digit])}`;
}

// All byte strings that stand for the text in encodings that programs use.
export function disguises(text) {
  const raw = Buffer.from(text, "utf8");
  const wide = Buffer.from(text, "utf16le");
  const forms = [raw, wide, Buffer.from(wide).swap16()];
  const hex = raw.toString("hex");
  forms.push(Buffer.from(hex), Buffer.from(hex.toUpperCase()));
  // In base64 a text looks different at each of three places; the ends depend on the neighbours and are left out.
  for (let shift = 0; shift < 3; shift += 1) {
    const encoded = Buffer.concat([Buffer.alloc(shift), raw]).toString("base64");
    const inner = encoded.slice(Math.ceil((shift * 8) / 6) + 1, -4);
    forms.push(Buffer.from(inner), Buffer.from(inner.replaceAll("+", "-").replaceAll("/", "_")));
  }
  return forms;
}

// Names of the canaries that the bytes hold, openly or compressed.
export function findIn(bytes, canaries) {
  const found = new Set();
  const scan = (part) => {
    for (const [name, forms] of canaries) if (forms.some((form) => part.includes(form))) found.add(name);
  };
  scan(bytes);
  for (const part of inflated(bytes)) scan(part);
  return found;
}

const STREAM_STARTS = [
  { magic: Buffer.from([0x1f, 0x8b, 0x08]), open: (bytes) => gunzipSync(bytes, { finishFlush: 2 }) },
  ...[0x01, 0x5e, 0x9c, 0xda].map((level) => ({
    magic: Buffer.from([0x78, level]),
    open: (bytes) => inflateSync(bytes, { finishFlush: 2 }),
  })),
];

function* inflated(bytes) {
  for (const { magic, open } of STREAM_STARTS) {
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      try {
        yield open(bytes.subarray(at, at + 1_000_000));
      } catch {
        // Not a stream after all.
      }
    }
  }
}

export function findInFolder(folder, canaries) {
  const found = new Map();
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, String(name));
    if (!statSync(file).isFile()) continue;
    for (const canary of findIn(readFileSync(file), canaries)) found.set(canary, file);
  }
  return found;
}

// The memory of a process: all that a core dump of it would have (core(5): what is private, and what is shared without
// a file), read in place, so that no debugger and no gigabytes of a dump are needed.
export function findInMemory(pid, canaries) {
  const found = new Map();
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, from, to, mode, path] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
      // What is read-only comes from files: program and libraries.
      const own = path === "" || path?.startsWith("[") || mode?.[1] === "w";
      if (!mode?.startsWith("r") || !own || path.startsWith("[v")) continue;
      const region = readRegion(memory, Number.parseInt(from, 16), Number.parseInt(to, 16));
      for (const canary of findIn(region, canaries)) found.set(canary, line);
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

function readRegion(memory, from, to) {
  const region = Buffer.alloc(to - from);
  let filled = 0;
  while (filled < region.length) {
    let count = 0;
    try {
      count = readSync(memory, region, filled, Math.min(region.length - filled, 1 << 24), from + filled);
    } catch {
      count = 0;
    }
    if (count === 0) break;
    filled += count;
  }
  return region.subarray(0, filled);
}

// Records what crosses the loopback interface on a port.
export class Capture {
  static async start(file, port) {
    const capture = new Capture();
    capture.file = file;
    // -B: a big kernel buffer, -U: each packet is written at once.
    capture.process = spawn("tcpdump", ["-i", "lo", "-U", "-B", "65536", "-s", "0", "-w", file, "port", String(port)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    await new Promise((resolve, reject) => {
      capture.process.stderr.on("data", (text) => String(text).includes("listening on") && resolve());
      capture.process.once("error", reject);
      capture.process.once("exit", () => reject(new Error("tcpdump ended at once; it needs root")));
    });
    return capture;
  }

  async stop() {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGINT");
    await gone;
    return readFileSync(this.file);
  }
}

// The byte streams of a capture, WebSocket frames unmasked and put together.
export function streams(pcap) {
  const flows = new Map();
  for (const { key, sequence, payload } of tcpSegments(pcap)) {
    const flow = flows.get(key) ?? { next: undefined, parts: [] };
    flows.set(key, flow);
    // Loopback keeps the order; what was sent again is passed over.
    if (flow.next !== undefined && ((sequence - flow.next) | 0) < 0) continue;
    flow.parts.push(payload);
    flow.next = (sequence + payload.length) >>> 0;
  }
  return [...flows.values()].flatMap(({ parts }) => {
    const bytes = Buffer.concat(parts);
    return [bytes, unmasked(bytes)];
  });
}

function* tcpSegments(pcap) {
  const LINK_ETHERNET = 1;
  if (pcap.length < 24 || pcap.readUInt32LE(20) !== LINK_ETHERNET) throw new Error("not the capture that was expected");
  for (let at = 24; at + 16 <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    const packet = pcap.subarray(at + 16, at + 16 + length);
    at += 16 + length;
    if (packet.length < 14 || packet.readUInt16BE(12) !== 0x0800) continue;
    const ip = packet.subarray(14);
    if (ip.length < 20 || ip[9] !== 6) continue;
    const tcp = ip.subarray((ip[0] & 15) * 4, ip.readUInt16BE(2));
    const payload = tcp.subarray((tcp[12] >> 4) * 4);
    if (payload.length > 0) yield { key: tcp.readUInt32BE(0), sequence: tcp.readUInt32BE(4), payload };
  }
}

function unmasked(bytes) {
  const start = bytes.indexOf("\r\n\r\n");
  if (start < 0 || !/upgrade: websocket/i.test(bytes.subarray(0, start).toString("latin1"))) return Buffer.alloc(0);
  const parts = [];
  for (let at = start + 4; at + 2 <= bytes.length; ) {
    let length = bytes[at + 1] & 127;
    const masked = bytes[at + 1] >> 7;
    at += 2;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at));
      at += 8;
    }
    const mask = masked ? bytes.subarray(at, at + 4) : undefined;
    if (mask) at += 4;
    const part = Buffer.from(bytes.subarray(at, at + length));
    if (mask) for (let index = 0; index < part.length; index += 1) part[index] ^= mask[index & 3];
    parts.push(part);
    at += length;
  }
  return Buffer.concat(parts);
}
