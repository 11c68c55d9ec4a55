// What a server could have kept: nothing that was said.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { SHIPPED, buildForTests, mayBeHandedOut, mentions } from "./support/bundles.mjs";
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
  rmSync(capture.file);
  assert.ok(traffic.some((bytes) => bytes.includes("room_send")), "the capture has the traffic, unmasked");
  const inTraffic = traffic.flatMap((bytes) => [...findIn(bytes, canaries)]);
  assert.deepEqual({ inMemory: [...inMemory], inFiles: [...inFiles], inTraffic }, { inMemory: [], inFiles: [], inTraffic: [] });
});

test("R7 a build that leaks is caught by the same search, in files, memory and traffic", async () => {
  const bundle = buildForTests({ VITE_TEST_LEAK: "1" });
  const leaky = await Server.start({ bundle });
  const file = join(server.data, "..", `leak-${process.pid}.pcap`);
  const second = await Capture.start(file, new URL(leaky.url).port);
  try {
    assert.ok(mentions(bundle, "conclave-leaks"));
    assert.ok(!mentions(SHIPPED, "conclave-leaks"), "what is handed out has nothing of it");
    assert.ok(!mayBeHandedOut(bundle) && mayBeHandedOut(SHIPPED));
    await alice.register(leaky.facts.invitation, { password: texts.password });
    await alice.createRoom("A room of the leaky build", []);
    await alice.send(texts.text);
    await alice.role("log", "Messages").getByRole("article").filter({ hasText: texts.text }).getByText("Sent").waitFor();
    await until("the leak is in the files", () => findInFolder(leaky.data, canaries).has("text"));
    assert.ok(findInMemory(leaky.process.pid, canaries).has("text"), "the leak is in memory");
    // The capture is written a little behind the traffic.
    await until("the leak is in the capture", () => streams(readFileSync(file)).some((bytes) => findIn(bytes, canaries).has("text")));
  } finally {
    await second.stop();
    await leaky.remove();
    rmSync(bundle, { recursive: true });
    rmSync(file);
  }
});
