// What a server could have kept: nothing that was said.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Capture, canary, disguises, findIn, findInFolder, findInMemory, streams } from "./support/canary.mjs";
import { Person, until } from "./support/person.mjs";
import { Server } from "./support/server.mjs";

const texts = {
  text: canary("text"),
  title: canary("title"),
  name: canary("name"),
  password: `${canary("password")}A1!`,
};
const canaries = Object.entries(texts).map(([name, text]) => [name, disguises(text)]);
let server;
let capture;
let alice;
let bob;

before(async () => {
  server = await Server.start({ args: ["--log", "debug"] });
  capture = await Capture.start(join(server.data, "..", `capture-${process.pid}.pcap`), new URL(server.url).port);
  [alice, bob] = await Promise.all([Person.open("alice"), Person.open("bob")]);
});

after(async () => {
  await Promise.all([alice?.close(), bob?.close()]);
  await server?.remove();
});

test("the search finds a canary in every disguise, and only what is there", () => {
  const text = texts.text;
  const base64 = (shift) => Buffer.from("x".repeat(shift) + text + "tail").toString("base64");
  const hidden = [
    text,
    Buffer.from(text, "utf16le"),
    Buffer.from(text).toString("hex").toUpperCase(),
    base64(0),
    base64(1),
    base64(2).replaceAll("+", "-").replaceAll("/", "_"),
    Buffer.concat([Buffer.from("before"), gzipSync(`x${text}y`)]),
  ];
  for (const bytes of hidden) assert.deepEqual([...findIn(Buffer.from(bytes), canaries)], ["text"]);
  assert.deepEqual([...findIn(Buffer.from(texts.title), canaries)], ["title"]);
  assert.deepEqual([...findIn(Buffer.from("nothing of the kind"), canaries)], []);
});

test("R7 R34 R52 files, log, memory and traffic of the server hold none of what was said", async () => {
  await alice.register(server.facts.invitation, { password: texts.password });
  await bob.register(await server.invite(bob.email));
  await alice.createRoom(texts.title, [bob.email]);
  await bob.openRoom(texts.title);
  await alice.send(`${texts.text} and I am ${texts.name}`);
  await bob.sees(texts.text);
  await alice.joinCall();
  await bob.joinCall();
  await alice.seesLive(bob);

  const inMemory = findInMemory(server.process.pid, canaries);
  const inFiles = findInFolder(server.data, canaries);
  const traffic = streams(await capture.stop());
  assert.ok(traffic.some((bytes) => bytes.includes("room_send")), "the capture has the traffic, unmasked");
  const inTraffic = traffic.flatMap((bytes) => [...findIn(bytes, canaries)]);
  assert.deepEqual({ inMemory: [...inMemory], inFiles: [...inFiles], inTraffic }, { inMemory: [], inFiles: [], inTraffic: [] });
});

test("a client that leaks is caught by the same search", async () => {
  const second = await Capture.start(join(server.data, "..", `leak-${process.pid}.pcap`), new URL(server.url).port);
  await alice.page.evaluate(
    (text) => fetch("/api/v1/login/start", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email: text }) }),
    texts.text,
  );
  // The capture is written a little behind the traffic.
  const caught = () => streams(readFileSync(second.file)).some((bytes) => findIn(bytes, canaries).has("text"));
  await until("the leak is in the capture", caught);
  await second.stop();
});
