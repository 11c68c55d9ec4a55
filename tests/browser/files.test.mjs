// Files and voice notes between two people in two browsers, over a wire that is cut; and what is left of them on the server's
// disk. With SCREENSHOTS in the environment, a picture of each state is put into that folder.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pdf } from "./support/pdf.mjs";
import { PASSWORD, Person, until } from "./support/person.mjs";
import { noise, png, sha256 } from "./support/pictures.mjs";
import { Server } from "./support/server.mjs";
import { Wire } from "./support/wire.mjs";

const ROOM = "Harbour files";
const MIB = 1024 * 1024;

let server;
let wire;
let alice;
let bob;

before(async () => {
  server = await Server.start();
  wire = await Wire.start(server.url);
  [alice, bob] = await Promise.all(["alice", "bob"].map((key) => Person.open(key)));
  await alice.register(wire.by(server.facts.invitation));
  await bob.register(await server.invite(bob.email));
  await alice.createRoom(ROOM, [bob.email]);
  await bob.openRoom(ROOM);
});

after(async () => {
  await Promise.all([alice, bob].map((person) => person?.close()));
  await wire?.close();
  await server?.remove();
});

const screenshot = async (person, name) => {
  if (process.env.SCREENSHOTS) await person.page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
};

/** What lies on the server's disk. */
const blobs = () =>
  readdirSync(join(server.data, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

async function choose(person, ...files) {
  const asked = person.page.waitForEvent("filechooser");
  await person.role("button", "Attach file").click();
  const chooser = await asked;
  await chooser.setFiles(files.map(({ name, type = "application/octet-stream", bytes }) => ({ name, mimeType: type, buffer: bytes })));
}

async function attach(person, file, { text = "", maySave = true } = {}) {
  await choose(person, file);
  const tray = person.role("group", "Files to send");
  if (!maySave) await tray.locator(".switch").click();
  await person.fill(person.role("textbox", "Message"), text);
  await screenshot(person, `tray-${file.name}`);
  await person.role("button", "Send").click();
}

// By the file's name, also where its message has other words.
const card = (person, name) => person.role("log", "Messages").getByRole("group", { name, exact: true });
const articleOf = (person, name) => person.role("log", "Messages").getByRole("article").filter({ has: person.page.getByRole("group", { name, exact: true }) });
const uploads = (person) => person.role("list", "Files on their way");

async function save(person, name) {
  const coming = person.page.waitForEvent("download");
  await card(person, name).getByRole("button", { name: `Save ${name}` }).click();
  const download = await coming;
  assert.equal(download.suggestedFilename(), name);
  return readFileSync(await download.path());
}

async function remove(person, article) {
  await article.hover();
  await article.getByRole("toolbar", { name: "Message actions" }).getByRole("button", { name: "More" }).click();
  await person.role("menuitem", "Delete").click();
  await person.page.getByRole("alertdialog").getByRole("button", { name: "Delete", exact: true }).click();
}

test("R33 a picture shows where it was sent to, from memory, with its words", async () => {
  await attach(alice, { name: "beach.png", type: "image/png", bytes: png(320, 200, [40, 120, 200]) }, { text: "The **beach**" });
  for (const person of [alice, bob]) {
    const picture = articleOf(person, "beach.png").getByRole("img", { name: "Picture beach.png" });
    await picture.waitFor();
    const seen = await picture.evaluate((image) => ({ width: image.naturalWidth, height: image.naturalHeight, src: image.src }));
    assert.deepEqual([seen.width, seen.height], [320, 200]);
    assert.match(seen.src, /^blob:/);
    await articleOf(person, "beach.png").locator("strong").filter({ hasText: "beach" }).waitFor();
  }
  await screenshot(alice, "picture-own");
  await screenshot(bob, "picture");
  await bob.page.emulateMedia({ colorScheme: "dark" });
  await screenshot(bob, "picture-dark");
  await bob.page.setViewportSize({ width: 390, height: 780 });
  await screenshot(bob, "picture-phone-dark");
  await bob.page.emulateMedia({ colorScheme: "light" });
  await screenshot(bob, "picture-phone");
  await bob.page.setViewportSize({ width: 1280, height: 800 });
});

test("R43 another file is saved as it was; on the server there is nothing of it", async () => {
  const bytes = noise(3 * MIB + 17, 1);
  await attach(alice, { name: "cargo.bin", bytes });
  assert.equal(sha256(await save(bob, "cargo.bin")), sha256(bytes));
  const part = bytes.subarray(MIB, MIB + 64);
  assert.ok(blobs().length >= 2);
  for (const blob of blobs()) assert.equal(readFileSync(blob).indexOf(part), -1);
});

test("several at once, by drop, each arrive", async () => {
  const files = [1, 2, 3].map((number) => ({ name: `list-${number}.csv`, type: "text/csv", text: `a;b\n${number};2\n` }));
  const data = await alice.page.evaluateHandle((files) => {
    const data = new DataTransfer();
    for (const { name, type, text } of files) data.items.add(new File([text], name, { type }));
    return data;
  }, files);
  await alice.page.locator(".room-main").dispatchEvent("dragenter", { dataTransfer: data });
  await screenshot(alice, "drop");
  await alice.page.locator(".room-main").dispatchEvent("drop", { dataTransfer: data });
  await alice.role("group", "Files to send").getByText("list-3.csv").waitFor();
  await alice.role("button", "Send").click();
  for (const { name, text } of files) assert.equal((await save(bob, name)).toString(), text);
});

test("R45 what may not be saved can be looked at, and has no Save", async () => {
  await attach(alice, { name: "secret.png", type: "image/png", bytes: png(64, 64, [200, 40, 40]) }, { maySave: false });
  await articleOf(bob, "secret.png").getByRole("img", { name: "Picture secret.png" }).waitFor();
  assert.equal(await card(bob, "secret.png").getByRole("button", { name: "Save secret.png" }).count(), 0);
  await card(bob, "secret.png").getByText("Only for looking at here").waitFor();
});

test("R45 a PDF that may not be saved is read in the page, from memory", async () => {
  await attach(alice, { name: "figures.pdf", type: "application/pdf", bytes: pdf(["Figures of May", "Figures of June"]) }, { maySave: false });
  await bob.role("button", "Open figures.pdf").click();
  const dialog = bob.role("dialog", "figures.pdf");
  await dialog.getByText("Figures of May").waitFor();
  await screenshot(bob, "pdf");
  await dialog.getByRole("button", { name: "Next page", exact: true }).click();
  await dialog.getByText("Figures of June").waitFor();
  assert.equal(await bob.role("button", "Save figures.pdf").count(), 0);
  await bob.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("R51 a voice note is recorded, sent, and heard", async () => {
  await alice.role("button", "Record voice note").click();
  await alice.role("group", "Recording a voice note").getByText("0:02").waitFor();
  await screenshot(alice, "voice-recording");
  await alice.role("button", "Stop recording").click();
  await alice.role("button", "Send voice note").waitFor();
  await screenshot(alice, "voice-recorded");
  await alice.role("button", "Send voice note").click();
  const note = bob.role("log", "Messages").getByRole("group", { name: "Voice note" });
  await note.getByRole("button", { name: "Play voice note" }).click();
  await until("it plays", () => note.locator("audio").evaluateAll(([sound]) => (sound?.currentTime ?? 0) > 0.3));
  assert.ok((await note.locator(".waveform rect").count()) > 4);
  await screenshot(bob, "voice-note");
  await bob.createRoom("Elsewhere", []);
  const link = bob.role("navigation", "Rooms").getByRole("listitem").filter({ hasText: ROOM });
  await link.getByText("Voice note").waitFor();
  await bob.openRoom(ROOM);
});

test("an upload goes on where it stopped after the connection was cut, and after the page was loaded anew", async () => {
  const bytes = noise(24 * MIB, 2);
  wire.rate = 4 * MIB;
  await attach(alice, { name: "hold.bin", bytes }, { text: "All of it" });
  const row = uploads(alice).getByRole("group", { name: "hold.bin" });
  const done = () => row.getByRole("progressbar").evaluate((bar) => bar.value);
  await until("some is there", async () => (await done()) > 2 * MIB);
  await screenshot(alice, "uploading");
  wire.cut();
  await row.getByText("No connection. It goes on by itself.").waitFor();
  await screenshot(alice, "upload-waits");
  const before = await done();
  assert.ok(before > 0 && before < bytes.length);
  wire.mend();
  await until("it goes on", async () => (await done()) > before + MIB);
  await alice.page.reload();
  await row.getByText(/Choose it again/).waitFor();
  await screenshot(alice, "upload-interrupted");
  const pick = async (buffer) => {
    const asked = alice.page.waitForEvent("filechooser");
    await row.getByRole("button", { name: "Choose file again" }).click();
    await (await asked).setFiles([{ name: "hold.bin", mimeType: "application/octet-stream", buffer }]);
  };
  await pick(noise(MIB, 3));
  await row.getByText("This is not the file that was being sent.").waitFor();
  await pick(bytes);
  await row.waitFor({ state: "detached", timeout: 120_000 });
  wire.rate = Infinity;
  await articleOf(bob, "hold.bin").getByText("All of it").waitFor();
  assert.equal(sha256(await save(bob, "hold.bin")), sha256(bytes));
});

test("R43 R47 an upload goes on by itself, from where it was, after the store was locked by hand", async () => {
  const turn = async (on) => {
    await alice.role("button", alice.name).click();
    await alice.role("menuitem", "Settings").click();
    await alice.role("switch", "Ask for the password before this browser shows anything").click({ force: true });
    const dialog = alice.role("dialog", `Turn the lock ${on}`);
    await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await dialog.getByRole("button", { name: `Turn ${on}` }).click();
    await dialog.waitFor({ state: "detached" });
    await alice.openRoom(ROOM);
  };
  await turn("on");
  const bytes = noise(16 * MIB, 6);
  wire.rate = 3 * MIB;
  const kept = new Set(blobs());
  await attach(alice, { name: "locked.bin", bytes }, { text: "Through the lock" });
  const row = uploads(alice).getByRole("group", { name: "locked.bin" });
  const sent = () => blobs().filter((blob) => !kept.has(blob));
  const done = () => row.getByRole("progressbar").evaluate((bar) => bar.value);
  await until("some is there", async () => (await done()) > 3 * MIB);
  const before = sent();
  await alice.role("button", alice.name).click();
  await alice.role("menuitem", "Lock now").click();
  await alice.role("heading", "Locked").waitFor();
  await alice.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await alice.page.keyboard.press("Enter");
  await row.getByRole("progressbar").waitFor();
  await screenshot(alice, "upload-after-lock");
  await row.waitFor({ state: "detached", timeout: 120_000 });
  wire.rate = Infinity;
  await articleOf(bob, "locked.bin").getByText("Through the lock").waitFor();
  assert.equal(sha256(await save(bob, "locked.bin")), sha256(bytes));
  assert.deepEqual(sent(), before, "nothing was begun anew");
  await turn("off");
});

test("an upload that is cancelled leaves nothing on the server, and no message", async () => {
  const kept = new Set(blobs());
  wire.rate = MIB;
  await attach(alice, { name: "never.bin", bytes: noise(12 * MIB, 4) });
  const row = uploads(alice).getByRole("group", { name: "never.bin" });
  await until("some is there", () => blobs().some((blob) => !kept.has(blob)));
  await row.getByRole("button", { name: "Cancel never.bin" }).click();
  await row.waitFor({ state: "detached" });
  wire.rate = Infinity;
  await until("it is gone", () => blobs().every((blob) => kept.has(blob)));
  assert.equal(await card(bob, "never.bin").count(), 0);
  await alice.page.reload();
  await alice.role("button", "Attach file").waitFor();
  assert.equal(await uploads(alice).count(), 0);
});

test("what was changed on the server's disk is refused, and says so", async () => {
  const kept = new Set(blobs());
  await attach(alice, { name: "ledger.bin", bytes: noise(200_000, 5) });
  await card(bob, "ledger.bin").waitFor();
  const [blob] = blobs().filter((blob) => !kept.has(blob));
  const changed = readFileSync(blob);
  changed[100_000] ^= 1;
  writeFileSync(blob, changed);
  await card(bob, "ledger.bin").getByRole("button", { name: "Save ledger.bin" }).click();
  const alert = card(bob, "ledger.bin").getByRole("alert");
  await alert.waitFor();
  assert.match(await alert.innerText(), /not what was sent/);
  await alert.scrollIntoViewIfNeeded();
  await screenshot(bob, "damaged");
});

test("R44 what is deleted is gone from both, and from the server's disk", async () => {
  const kept = new Set(blobs());
  await attach(alice, { name: "gone.png", type: "image/png", bytes: png(48, 48, [20, 160, 60]) });
  const picture = articleOf(bob, "gone.png").getByRole("img", { name: "Picture gone.png" });
  await picture.waitFor();
  const address = await picture.evaluate(({ src }) => src);
  const opens = () =>
    bob.page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve(true);
          image.onerror = () => resolve(false);
          image.src = address;
        }),
      address,
    );
  assert.equal(await opens(), true);
  const [blob] = blobs().filter((blob) => !kept.has(blob));
  assert.ok(blob);
  await remove(alice, articleOf(alice, "gone.png"));
  await bob.sees("This message was deleted.");
  assert.equal(await card(bob, "gone.png").count(), 0);
  await until("the blob is gone", () => !blobs().includes(blob));
  assert.equal(await opens(), false, "what was opened is not in memory any more");
});

test("R44 a file that burns is gone from who read it", async () => {
  await alice.role("button", "Timer for what you write").click();
  await alice.role("menuitemradio", "10 seconds").click();
  await attach(alice, { name: "ashes.png", type: "image/png", bytes: png(40, 40, [90, 90, 90]) });
  const picture = articleOf(bob, "ashes.png").getByRole("img", { name: "Picture ashes.png" });
  await picture.waitFor();
  for (const person of [bob, alice]) await articleOf(person, "ashes.png").waitFor({ state: "detached" });
  await alice.role("button", "Remove timer").click();
});

test("R44 between two, what burns leaves the server with its second reader", async () => {
  await alice.role("button", "New message").click();
  const dialog = alice.role("dialog", "New message");
  await dialog.getByRole("textbox").fill(bob.email);
  await dialog.getByRole("textbox").press("Enter");
  await alice.role("heading", bob.name).waitFor();
  await bob.role("navigation", "Rooms").getByRole("link", { name: alice.name }).waitFor();
  const kept = new Set(blobs());
  const burns = () => blobs().filter((blob) => !kept.has(blob));
  await alice.role("button", "Timer for what you write").click();
  await alice.role("menuitemradio", "10 seconds").click();
  await attach(alice, { name: "letter.png", type: "image/png", bytes: png(40, 40, [70, 30, 90]) });
  await articleOf(alice, "letter.png").waitFor();
  await articleOf(alice, "letter.png").waitFor({ state: "detached" });
  assert.equal(burns().length, 1, "bob has not read it yet");
  await bob.openRoom(alice.name);
  await articleOf(bob, "letter.png").getByRole("img", { name: "Picture letter.png" }).waitFor();
  await articleOf(bob, "letter.png").waitFor({ state: "detached" });
  await until("the blob is gone", () => burns().length === 0);
  for (const person of [alice, bob]) await person.openRoom(ROOM);
});

test("a file is answered by its word, and reacted to", async () => {
  const article = articleOf(bob, "beach.png");
  await article.scrollIntoViewIfNeeded();
  await article.hover();
  await article.getByRole("toolbar", { name: "Message actions" }).getByRole("button", { name: "Reply" }).click();
  await bob.page.getByText(`Reply to ${alice.name}`).waitFor();
  await bob.send("Where is that?");
  await alice.role("button", `In reply to ${alice.name}: Photo: The beach`).waitFor();
});

test("no page had an error but those that were made", () => {
  // What is cut, refused or gone is told by browsers themselves.
  const made = /net::ERR_|Failed to load resource|WebSocket connection|404/;
  assert.deepEqual([...alice.problems, ...bob.problems].filter((text) => !made.test(text)), []);
});
