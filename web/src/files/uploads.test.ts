import { expect, test, vi } from "vitest";
import { FakeCore } from "../testing/fake-core";
import { FakeTransfers, NO_OTHER_PAGE } from "../testing/fake-files";
import { Commands } from "../state/commands";
import type { FileFacts } from "./cards";
import type { LiveUploads } from "./live";
import type { Words } from "./noted";
import { Uploads } from "./uploads";

const facts: FileFacts = { name: "plan.pdf", mediaType: "application/pdf", maySave: false, dimensions: null, durationMs: null, waveform: null, thumbnail: Uint8Array.of(1, 2) };
const words: Words = { text: "Look", replyTo: "message-7", mentions: ["user-bob"], ttlMs: 60_000, burnMs: 5_000, fromDisk: true };
const NOW = 1_800_000_000_000;

function page(core: FakeCore, live: LiveUploads = NO_OTHER_PAGE) {
  const transfers = new FakeTransfers();
  const uploads = new Uploads(new Commands(core), transfers, live, () => NOW);
  return { transfers, uploads, stages: () => uploads.all.get().map(({ stage }) => stage) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const wish = (text = "Look") => ({ file: new Blob(["twelve bytes"]), facts, words: { ...words, text } });

test("R43 what was uploaded becomes a message that ends with its blob, and nothing noted stays", async () => {
  const core = new FakeCore(true);
  const { transfers, uploads } = page(core);
  uploads.send("design", wish());
  await settled();
  const [upload] = transfers.uploads;
  expect(upload?.wish).toMatchObject({ roomId: "design", expiresAt: NOW + 60_000 });
  expect([...core.noted.values()]).toMatchObject([{ room_id: "design", expires_at: NOW + 60_000, sealed: null }]);
  await upload?.finish();
  await settled();
  expect(uploads.all.get()).toEqual([]);
  expect(core.noted.size).toBe(0);
  expect(core.sent.filter(({ type }) => type === "send_file")).toMatchObject([
    {
      room_id: "design",
      text: "Look",
      reply_to: "message-7",
      mentions: ["user-bob"],
      ends_at: NOW + 60_000,
      burn_ms: 5_000,
      file: { name: "plan.pdf", size: 12, may_save: false, blob_id: "blob-1", thumbnail: "AQI" },
    },
  ]);
});

test("what has no end of its own asks the server to keep it as long as it does, and sends no end", async () => {
  const core = new FakeCore(true);
  const { transfers, uploads } = page(core);
  uploads.send("design", { ...wish(), words: { ...words, ttlMs: null } });
  await settled();
  expect(transfers.uploads[0]?.wish.expiresAt).toBe(NOW + 30 * 86_400_000);
  await transfers.uploads[0]?.finish();
  await settled();
  expect(core.sent.find(({ type }) => type === "send_file")).not.toHaveProperty("ends_at");
});

test("two go at once, the others wait for a place", async () => {
  const { transfers, uploads, stages } = page(new FakeCore(true));
  for (const text of ["1", "2", "3"]) uploads.send("design", wish(text));
  await settled();
  expect(stages()).toEqual(["running", "running", "queued"]);
  await transfers.uploads[1]?.finish();
  await settled();
  expect(stages()).toEqual(["running", "running"]);
  expect(transfers.uploads).toHaveLength(3);
});

test("what is cancelled leaves nothing, here or on the server, and is not heard of again", async () => {
  const core = new FakeCore(true);
  const { transfers, uploads } = page(core);
  uploads.send("design", wish());
  await settled();
  uploads.cancel(uploads.all.get()[0]?.id ?? "");
  await settled();
  expect(uploads.all.get()).toEqual([]);
  expect(transfers.uploads[0]?.cancelled).toBe(true);
  expect(core.sent.at(-1)).toEqual({ type: "drop_upload", blob_id: "blob-1" });
  expect(core.noted.size).toBe(0);
  await uploads.load();
  expect(uploads.all.get()).toEqual([]);
});

test("what failed is gone on with, or begun anew where what is there is of no use", async () => {
  const core = new FakeCore(true);
  const { transfers, uploads, stages } = page(core);
  uploads.send("design", wish());
  await settled();
  const id = uploads.all.get()[0]?.id ?? "";
  transfers.uploads[0]?.fail("storage_full");
  await settled();
  expect(uploads.all.get()).toMatchObject([{ stage: "failed", failure: { code: "storage_full" } }]);
  uploads.retry(id);
  await settled();
  expect(transfers.uploads[1]?.wish.resume?.ticket.blobId).toBe("blob-1");
  transfers.uploads[1]?.fail("file_expired");
  await settled();
  uploads.retry(id);
  await settled();
  expect(stages()).toEqual(["running"]);
  expect(transfers.uploads[2]?.wish.resume).toBeUndefined();
  expect([...core.noted.keys()]).toEqual(["blob-3"]);
});

test("what is on the server and could not be put into a message is not uploaded twice", async () => {
  const core = new FakeCore(true);
  const { transfers, uploads } = page(core);
  core.answers.set("send_file", { type: "failed", value: { code: "store_failed", params: {} } });
  uploads.send("design", wish());
  await settled();
  await transfers.uploads[0]?.finish();
  await settled();
  expect(uploads.all.get()).toMatchObject([{ stage: "failed", failure: { code: "store_failed" } }]);
  core.answers.delete("send_file");
  const [first] = uploads.all.get();
  uploads.retry(first?.id ?? "");
  await settled();
  expect(uploads.all.get()).toEqual([]);
  expect(transfers.uploads).toHaveLength(1);
  const ids = core.sent.flatMap((command) => (command.type === "send_file" ? [command.message_id] : []));
  expect(ids).toEqual([first?.id, first?.id]);
});

test("an upload of a page that is gone waits for its file, and goes on with all that was said with it", async () => {
  const core = new FakeCore(true);
  const first = page(core);
  first.uploads.send("design", wish("before the reload"));
  await settled();
  const second = page(core);
  await second.uploads.load();
  expect(second.uploads.all.get()).toMatchObject([{ stage: "interrupted", name: "plan.pdf", size: 12, roomId: "design", choosable: true }]);
  const id = second.uploads.all.get()[0]?.id ?? "";
  second.uploads.choose(id, new Blob(["another"]));
  expect(second.uploads.all.get()).toMatchObject([{ stage: "interrupted", failure: { code: "file_other", params: { name: "plan.pdf" } } }]);
  second.uploads.choose(id, new Blob(["twelve bytes"]));
  await settled();
  expect(second.transfers.uploads[0]?.wish).toMatchObject({ expiresAt: NOW + 60_000, resume: { ticket: { blobId: "blob-1" } } });
  await second.transfers.uploads[0]?.finish();
  await settled();
  expect(core.sent.at(-1)).toMatchObject({ type: "send_file", text: "before the reload", file: { thumbnail: "AQI" }, message_id: id });
  expect(core.noted.size).toBe(0);
});

test("what another page works on is its own", async () => {
  const core = new FakeCore(true);
  page(core).uploads.send("design", wish());
  await settled();
  const live: LiveUploads = { ...NO_OTHER_PAGE, held: () => Promise.resolve(new Set(["blob-1"])) };
  const other = page(core, live);
  await other.uploads.load();
  expect(other.uploads.all.get()).toEqual([]);
});

test("what cannot be noted is not sent", async () => {
  const core = new FakeCore(true);
  core.answers.set("note_upload", { type: "failed", value: { code: "too_many_unsent", params: {} } });
  const { uploads } = page(core);
  uploads.send("design", wish());
  await settled();
  expect(uploads.all.get()).toMatchObject([{ stage: "failed", failure: { code: "too_many_unsent" } }]);
});

test("with the room, or who is signed in, uploads go", async () => {
  const { transfers, uploads } = page(new FakeCore(true));
  uploads.send("design", wish());
  uploads.send("bob", wish());
  await settled();
  uploads.keepRooms(new Set(["bob"]));
  expect(uploads.all.get()).toMatchObject([{ roomId: "bob" }]);
  uploads.clear();
  expect(uploads.all.get()).toEqual([]);
  expect(transfers.uploads.every(({ cancelled }) => cancelled)).toBe(true);
});

test("R43 R47 a lock stops an upload, and it goes on by itself from where it was once the store is open", async () => {
  const core = new FakeCore(true);
  // As in the browser: what one holds oneself is among what is held.
  const held = new Set<string>();
  const hold = (id: string) => {
    held.add(id);
    return () => void held.delete(id);
  };
  const live: LiveUploads = { hold, held: () => Promise.resolve(new Set(held)) };
  const { transfers, uploads, stages } = page(core, live);
  for (const text of ["1", "2", "3"]) uploads.send("design", wish(text));
  await settled();
  transfers.uploads[1]?.fail("storage_full");
  await settled();
  expect(stages()).toEqual(["running", "failed", "running"]);
  await transfers.uploads[0]?.wish.note?.({ ticket: transfers.uploads[0].ticket, checkpoint: { sealed: 7, hash: new Uint8Array(32) } });
  uploads.lock();
  transfers.halt();
  core.answers.set("list_uploads", { type: "failed", value: { code: "not_ready", params: {} } });
  await settled();
  expect(uploads.all.get(), "nothing that the store has").toEqual([]);
  expect(transfers.uploads).toHaveLength(3);
  expect([...held], "no other page may take what goes on here").toEqual(["blob-1", "blob-3"]);
  core.answers.delete("list_uploads");
  uploads.unlock();
  await settled();
  expect(stages()).toEqual(["running", "failed", "running"]);
  expect(transfers.uploads[3]?.wish).toMatchObject({ resume: { ticket: { blobId: "blob-1" }, checkpoint: { sealed: 7 } } });
  await transfers.uploads[3]?.finish();
  await transfers.uploads[4]?.finish();
  await settled();
  const sent = core.sent.flatMap((command) => (command.type === "send_file" ? [command.text] : []));
  expect(sent).toEqual(["1", "3"]);
  expect(uploads.all.get()).toMatchObject([{ stage: "failed", failure: { code: "storage_full" } }]);
});

test("what waits for its turn, or was never noted, waits on while the store is locked", async () => {
  const core = new FakeCore(true);
  const { transfers, uploads, stages } = page(core);
  uploads.lock();
  uploads.send("design", wish());
  await settled();
  expect(stages()).toEqual(["queued"]);
  expect(transfers.uploads).toEqual([]);
  uploads.unlock();
  await settled();
  expect(stages()).toEqual(["running"]);
});

test("what the core sent off in the moment of the lock is not sent again", async () => {
  const core = new FakeCore(true);
  const { transfers, uploads } = page(core);
  uploads.send("design", wish());
  await settled();
  uploads.lock();
  transfers.halt();
  core.noted.clear();
  uploads.unlock();
  await settled();
  expect(uploads.all.get()).toEqual([]);
  expect(uploads.wouldBeLost).toBe(false);
  expect(transfers.uploads).toHaveLength(1);
});

test("an upload that gets further is told of; one that waits or begins again is not", async () => {
  const { transfers, uploads } = page(new FakeCore(true));
  uploads.send("design", wish());
  await settled();
  const told = vi.fn();
  uploads.moved.subscribe(told);
  const steps = [[3, "running"], [3, "waiting"], [2, "running"], [3, "running"], [5, "running"]] as const;
  for (const [done, state] of steps) transfers.uploads[0]?.progress.set({ done, total: 12, state });
  expect(told).toHaveBeenCalledTimes(2);
});

test("the page asks before what it alone has is lost", async () => {
  const { uploads } = page(new FakeCore(true));
  uploads.send("design", wish());
  expect(uploads.wouldBeLost).toBe(false);
  uploads.send("design", { ...wish(), words: { ...words, fromDisk: false } });
  expect(uploads.wouldBeLost).toBe(true);
  await settled();
});

const copy = (text: string) => ({ ...wish(text), words: { ...wish(text).words, ttlMs: null, forwarded: true, endsAt: 60_000 } });

test("R40 a copy ends with what it is of, however late it leaves, and not at all where that is over", async () => {
  let now = 1_000;
  const core = new FakeCore(true);
  const transfers = new FakeTransfers();
  const uploads = new Uploads(new Commands(core), transfers, NO_OTHER_PAGE, () => now);
  for (const text of ["1", "2", "3", "4"]) uploads.send("design", copy(text));
  await settled();
  now = 50_000;
  await transfers.uploads[0]?.finish();
  await settled();
  expect(transfers.uploads.map(({ wish }) => wish.expiresAt)).toEqual([60_000, 60_000, 60_000]);
  now = 60_000;
  await transfers.uploads[1]?.finish();
  await settled();
  expect(transfers.uploads).toHaveLength(3);
  expect(uploads.all.get().at(-1)).toMatchObject({ stage: "failed", failure: { code: "file_expired" } });
});
