// A large file through two browsers, with the connection cut over and over and the page loaded anew once in the middle: whether
// it arrives as it was, how much memory tab and server need for it, and how fast it goes, with and without cuts, beside the same
// bytes sent plainly to the same server. Prints the figures, and one JSON object as the last line; fails where the file differs,
// or a tab or the server needs more than it may.
//
//   CONCLAVE_PROGRAM=target/release/conclave node tests/browser/bench/files.mjs [--mib 2048] [--cuts 20]
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { Person } from "../support/person.mjs";
import { noise } from "../support/pictures.mjs";
import { Server } from "../support/server.mjs";
import { Wire } from "../support/wire.mjs";

const { values: options } = parseArgs({ options: { mib: { type: "string", default: "2048" }, cuts: { type: "string", default: "20" } } });
const MIB = 1024 * 1024;
const length = Number(options.mib) * MIB;
const cuts = Number(options.cuts);

/** What a tab may need in all, and the server more than before. */
const TAB_MIB = 300;
const SERVER_MIB = 100;

/** How long a cut lasts, and how often memory and progress are looked at. */
const CUT_MS = 400;
const LOOK_MS = 250;

/** Part of a plain upload: what the server takes at most. */
const PLAIN_PART = 8 * MIB;

const NAME = "large.bin";
const ROOM = "Large files";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const folder = mkdtempSync(join(tmpdir(), "conclave-large-"));
const source = join(folder, NAME);

async function write() {
  const pieces = function* () {
    for (let at = 0; at < length; at += MIB) yield noise(MIB, at / MIB + 1);
  };
  await pipeline(pieces, createWriteStream(source));
}

async function hashOf(file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Memory of a process that is its own, in MiB, as a browser's task manager counts it: without the program's code. */
function resident(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1024;
  return of("RssAnon") + of("VmSwap");
}

/** Pages of a browser as processes. */
async function renderers(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

class Memory {
  tab = 0;
  server = 0;

  constructor(server) {
    this.pid = server.process.pid;
    this.before = resident(this.pid);
  }

  async watch(person) {
    this.session = await person.context.browser().newBrowserCDPSession();
    await this.look();
    this.idle = this.tab;
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    return this;
  }

  async look() {
    try {
      for (const pid of await renderers(this.session)) this.tab = Math.max(this.tab, resident(pid));
      this.server = Math.max(this.server, resident(this.pid) - this.before);
    } catch {
      // A process ended while it was looked at.
    }
  }

  end() {
    clearInterval(this.timer);
    return { idle: Math.round(this.idle), tab: Math.round(this.tab), server: Math.round(this.server) };
  }
}

/** The same bytes without sealing, in parts, over a token and into a room that the page used. */
async function plain(url, { authorization, roomId }) {
  const secret = randomBytes(32).toString("base64url");
  const id = crypto.randomUUID();
  const begun = performance.now();
  const create = { blob_id: id, room_id: roomId, size: length, expires_at: Date.now() + 3_600_000, secret };
  const made = await fetch(new URL("/api/v1/blobs", url), { method: "POST", headers: { authorization, "content-type": "application/json" }, body: JSON.stringify(create) });
  if (!made.ok) throw new Error(`the plain upload was refused: ${made.status} ${await made.text()}`);
  let offset = 0;
  for await (const part of createReadStream(source, { highWaterMark: PLAIN_PART })) {
    const headers = { authorization, "upload-secret": secret, "upload-offset": String(offset), "content-type": "application/partial-upload" };
    const taken = await fetch(new URL(`/api/v1/blobs/${id}/upload`, url), { method: "PATCH", headers, body: part });
    if (!taken.ok) throw new Error(`a plain part was refused: ${taken.status} ${await taken.text()}`);
    offset += part.length;
  }
  const seconds = (performance.now() - begun) / 1000;
  await fetch(new URL(`/api/v1/blobs/${id}`, url), { method: "DELETE", headers: { authorization, "upload-secret": secret } });
  return seconds;
}

const rate = (seconds) => `${(length / MIB / seconds).toFixed(1)} MiB/s`;
const people = [];
let server;
let wire;
try {
  await write();
  const hash = await hashOf(source);
  server = await Server.start();
  wire = await Wire.start(server.url);
  for (const key of ["alice", "bob"]) people.push(await Person.open(key));
  const [alice, bob] = people;
  await alice.register(wire.by(server.facts.invitation));
  await bob.register(wire.by(await server.invite(bob.email)));
  await alice.createRoom(ROOM, [bob.email]);
  await bob.openRoom(ROOM);
  const used = {};
  alice.context.on("request", (request) => {
    if (!request.url().includes("/api/v1/blobs")) return;
    used.authorization = request.headers().authorization ?? used.authorization;
    if (request.method() === "POST") used.roomId = request.postDataJSON().room_id;
  });

  const row = alice.role("list", "Files on their way").getByRole("group", { name: NAME });
  // A first one, from whose requests the plain ones have their token.
  await choose(alice, alice.role("button", "Attach file"), [{ name: "first.txt", mimeType: "text/plain", buffer: Buffer.from("first") }]);
  await alice.role("button", "Send").click();
  await bob.role("log", "Messages").getByRole("group", { name: "first.txt" }).waitFor();
  const bare = await plain(wire.url, used);
  console.log(`plainly: ${bare.toFixed(1)} s, ${rate(bare)}`);
  // What a password costs is not a file's: its 64 MiB stay with the page that asked for it.
  for (const { page } of people) await page.reload();

  await alice.role("button", "Attach file").waitFor();
  let begun = performance.now();
  await choose(alice, alice.role("button", "Attach file"));
  await alice.role("button", "Send").click();
  await row.waitFor();
  await row.waitFor({ state: "detached", timeout: 0 });
  const whole = (performance.now() - begun) / 1000;
  console.log(`up without cuts: ${whole.toFixed(1)} s, ${rate(whole)}`);
  await alice.page.reload();
  await alice.role("button", "Attach file").waitFor();

  const memory = { up: await new Memory(server).watch(alice) };
  begun = performance.now();
  await choose(alice, alice.role("button", "Attach file"));
  await alice.role("button", "Send").click();
  await row.waitFor();
  const upCuts = Math.ceil(cuts / 2);
  wire.cutEvery(length / (upCuts + 1), upCuts, CUT_MS);
  // Past the middle, the page is loaded anew.
  while (wire.cuts > Math.floor(upCuts / 2) || wire.down) await pause(LOOK_MS);
  await alice.page.reload();
  await choose(alice, row.getByRole("button", { name: "Choose file again" }));
  await row.waitFor({ state: "detached", timeout: 0 });
  const upMade = upCuts - wire.cuts;
  const up = (performance.now() - begun) / 1000;
  const upMemory = memory.up.end();
  console.log(`up: ${up.toFixed(1)} s, ${rate(up)}, ${upMade} cuts, loaded anew once; tab at most ${upMemory.tab} MiB (${upMemory.idle} before), server ${upMemory.server} MiB more`);

  memory.down = await new Memory(server).watch(bob);
  const card = bob.role("log", "Messages").getByRole("group", { name: NAME }).last();
  begun = performance.now();
  const coming = bob.page.waitForEvent("download", { timeout: 0 });
  // Where something else fails before, it is that which is told.
  coming.catch(() => {});
  await card.getByRole("button", { name: `Save ${NAME}` }).click();
  const downCuts = Math.floor(cuts / 2);
  wire.cutEvery(length / (downCuts + 1), downCuts, CUT_MS);
  const got = await (await coming).path();
  const downMade = downCuts - wire.cuts;
  const down = (performance.now() - begun) / 1000;
  const downMemory = memory.down.end();
  console.log(`down: ${down.toFixed(1)} s, ${rate(down)}, ${downMade} cuts; tab at most ${downMemory.tab} MiB (${downMemory.idle} before), server ${downMemory.server} MiB more`);
  const same = (await hashOf(got)) === hash;
  console.log(same ? "what came is what was sent" : "WHAT CAME IS NOT WHAT WAS SENT");

  const percent = (part) => `${((bare / part) * 100).toFixed(0)} %`;
  console.log(`sealed it goes up at ${percent(whole)} of the plain pace; cut and loaded anew, at ${percent(up)}`);
  const figures = { mib: length / MIB, same, cuts: upMade + downMade, plain_s: bare, whole_s: whole, up_s: up, down_s: down, ratio: bare / whole, cut_ratio: bare / up, up_memory: upMemory, down_memory: downMemory };
  console.log(JSON.stringify(figures));
  const fits = [upMemory, downMemory].every(({ tab, server }) => tab < TAB_MIB && server < SERVER_MIB);
  process.exitCode = same && upMade + downMade === cuts && fits ? 0 : 1;
} finally {
  await Promise.all(people.map((person) => person.close()));
  await wire?.close();
  await server?.remove();
  rmSync(folder, { recursive: true, force: true });
}

async function choose(person, button, files = source) {
  const asked = person.page.waitForEvent("filechooser");
  await button.click();
  await (await asked).setFiles(files);
}
