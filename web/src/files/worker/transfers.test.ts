import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Checkpoint, FilesCommand, FilesReport, SealedFile, UploadTicket } from "../wire";
import { MemorySink } from "./sink";
import { same } from "./sealing";
import { Transfers } from "./transfers";
import { FakeBlobServer, content, fakeSealing, sealedChunks, type Mishap } from "./testing";

type Told<Type extends FilesReport["type"]> = Extract<FilesReport, { type: Type }>;

/** A page that notes what it is told, and a worker. */
class Page {
  readonly server = new FakeBlobServer();
  readonly told: FilesReport[] = [];
  readonly transfers: Transfers;
  /** Whether it answers what is to be noted. */
  notes = true;
  token: string | null = "token";
  readonly stale: (string | null)[] = [];
  /** Hears each report before anything else happens. */
  hear: (report: FilesReport) => void = () => {};

  constructor() {
    this.transfers = new Transfers({
      sealing: fakeSealing,
      fetch: this.server.fetch,
      sink: (_, mediaType) => Promise.resolve(new MemorySink(mediaType)),
      tell: (report) => {
        this.told.push(report);
        this.hear(report);
        if (report.type === "note" && this.notes) this.obey({ type: "noted", id: report.id });
        if (report.type === "token") {
          this.stale.push(report.stale);
          this.obey({ type: "token", request: report.request, token: this.token });
        }
      },
    });
  }

  obey(command: FilesCommand): void {
    this.transfers.obey(command);
  }

  upload(file: Blob, ticket: UploadTicket | null = null, from: Checkpoint | null = null): void {
    this.obey({ type: "upload", id: 1, roomId: "room", file, expiresAt: 1, ticket, from });
  }

  mishap(method: string, ...mishaps: Mishap[]): void {
    for (const mishap of mishaps) this.server.mishaps.push({ method, mishap });
  }

  all<Type extends FilesReport["type"]>(type: Type): Told<Type>[] {
    return this.told.filter((report): report is Told<Type> => report.type === type);
  }

  /** The end of the transfer, however long it has to wait. */
  async ended(): Promise<FilesReport> {
    for (let step = 0; step < 2_000; step++) {
      const end = this.told.find((report) => ["uploaded", "downloaded", "deleted", "failed"].includes(report.type));
      if (end) return end;
      await vi.advanceTimersByTimeAsync(500);
    }
    throw new Error("the transfer does not end");
  }

  async uploaded(): Promise<SealedFile> {
    const end = await this.ended();
    if (end.type !== "uploaded") throw new Error(JSON.stringify(end));
    return end.file;
  }

  /** What the server has, opened. */
  async opened(file: SealedFile): Promise<Uint8Array> {
    const page = new Page();
    for (const [id, blob] of this.server.blobs) page.server.blobs.set(id, blob);
    page.obey({ type: "download", id: 1, file, mediaType: "image/png", to: "memory" });
    const end = await page.ended();
    if (end.type !== "downloaded") throw new Error(JSON.stringify(end));
    expect(end.blob.type).toBe("image/png");
    return new Uint8Array(await end.blob.arrayBuffer());
  }
}

const LONG = 20 * 65_536 + 5;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockReturnValue(undefined);
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([0, 1, 65_536, LONG])("a file of %i bytes comes back as it was", async (length) => {
  const page = new Page();
  page.upload(new Blob([content(length)]));
  const file = await page.uploaded();
  expect(file.size).toBe(length);
  expect(same(await page.opened(file), content(length))).toBe(true);
  const { progress } = page.all("progress").at(-1) ?? {};
  expect(progress).toEqual({ done: length, total: length, state: "running" });
});

test("what goes on after a reload is noted before anything is sent", async () => {
  const page = new Page();
  const sent = () => page.server.asked.filter((asked) => asked.startsWith("PATCH")).length;
  page.notes = false;
  page.upload(new Blob([content(LONG)]));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(page.all("note")).toHaveLength(1);
  expect(page.server.asked).toEqual([]);
  for (let part = 0; part < 3; part++) {
    page.obey({ type: "noted", id: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(page.all("note")).toHaveLength(part + 2);
    expect(sent()).toBe(part);
  }
});

test("a part that is lost, cut or unanswered is gone on with where the server is", async () => {
  const page = new Page();
  page.mishap("PATCH", "lost", { cut: 70_000 }, { cut: 0 }, "unanswered", { status: 503 }, { status: 502 });
  page.mishap("HEAD", "lost", { status: 504 });
  page.mishap("POST", "lost");
  page.upload(new Blob([content(LONG)]));
  const file = await page.uploaded();
  expect(same(await page.opened(file), content(LONG))).toBe(true);
  expect(page.all("progress").some(({ progress }) => progress.state === "waiting")).toBe(true);
  // Nothing is sent twice that arrived.
  expect(page.server.asked.filter((asked) => asked === "PATCH 0")).toHaveLength(2);
  expect(page.server.asked).toContain("PATCH 70000");
});

test("what does not get through is sent in halves", async () => {
  const page = new Page();
  page.mishap("PATCH", "lost", "lost");
  page.upload(new Blob([content(LONG)]));
  const file = await page.uploaded();
  // Four chunks, then two, then one at a time, and the next part as a whole.
  expect(page.server.asked.filter((asked) => asked.startsWith("PATCH")).slice(0, 7)).toEqual([
    "PATCH 0",
    "PATCH 0",
    "PATCH 0",
    ...[1, 2, 3].map((chunks) => `PATCH ${String(sealedChunks(chunks))}`),
    `PATCH ${String(sealedChunks(4))}`,
  ]);
  expect(same(await page.opened(file), content(LONG))).toBe(true);
});

test("a network that is back is used at once", async () => {
  const page = new Page();
  page.mishap("POST", ...Array.from({ length: 10 }, (): Mishap => "lost"));
  page.upload(new Blob([content(10)]));
  // By now it would wait for up to half a minute.
  await vi.advanceTimersByTimeAsync(60_000);
  const before = page.server.asked.length;
  page.obey({ type: "nudge" });
  await vi.advanceTimersByTimeAsync(0);
  expect(page.server.asked.length).toBe(before + 1);
});

test("the next part is made and noted while one is on its way, and no more than that", async () => {
  const page = new Page();
  const open = page.server.hold();
  page.upload(new Blob([content(LONG)]));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(page.server.asked).toEqual(["POST", "PATCH 0"]);
  expect(page.all("note").map(({ checkpoint }) => checkpoint?.sealed ?? null)).toEqual([null, sealedChunks(4), sealedChunks(8)]);
  open();
  expect(same(await page.opened(await page.uploaded()), content(LONG))).toBe(true);
});

test("a file that cannot be read to its end is told once all before is sent, and nothing of it stays", async () => {
  const page = new Page();
  const file = new Blob([content(LONG)]);
  const usual = file.slice.bind(file);
  file.slice = (start = 0, end) => (start > 0 ? usual(0, 1) : usual(start, end));
  page.upload(file);
  expect(await page.ended()).toMatchObject({ code: "file_unreadable" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(page.server.blobs.size).toBe(0);
});

test("what was made ahead of a refusal is not noted any more", async () => {
  const page = new Page();
  page.mishap("PATCH", { status: 413, code: "too_large" });
  page.hear = (report) => {
    if (report.type === "note" && report.checkpoint) page.notes = false;
  };
  page.upload(new Blob([content(LONG)]));
  await vi.advanceTimersByTimeAsync(1_000);
  page.obey({ type: "noted", id: 1 });
  expect(await page.ended()).toMatchObject({ code: "too_large" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(page.all("note").filter(({ checkpoint }) => checkpoint).length).toBeLessThanOrEqual(2);
  expect(page.server.asked.filter((asked) => asked.startsWith("PATCH"))).toHaveLength(1);
});

/** An upload that stopped in the middle, as a page that was closed leaves it. */
async function stopped(page: Page, length: number, parts: number): Promise<{ ticket: UploadTicket; checkpoint: Checkpoint }> {
  page.hear = (report) => {
    if (report.type === "note" && report.checkpoint && page.all("note").length === parts + 2) page.notes = false;
  };
  page.upload(new Blob([content(length)]));
  await vi.advanceTimersByTimeAsync(5_000);
  const { ticket, checkpoint } = page.all("note").at(-1) ?? {};
  if (!ticket || !checkpoint) throw new Error("nothing was noted");
  return { ticket, checkpoint };
}

/** The page that is loaded after it. */
function loaded(before: Page): Page {
  const page = new Page();
  for (const [id, blob] of before.server.blobs) page.server.blobs.set(id, blob);
  return page;
}

test("a page that was loaded anew goes on with the same file", async () => {
  const first = new Page();
  const { ticket, checkpoint } = await stopped(first, LONG, 1);
  expect(first.server.blobs.get(ticket.blobId)?.bytes.length).toBe(sealedChunks(4));
  expect(checkpoint.sealed).toBe(sealedChunks(8));
  const second = loaded(first);
  second.upload(new Blob([content(LONG)]), ticket, checkpoint);
  const file = await second.uploaded();
  expect(second.server.asked.find((asked) => asked.startsWith("PATCH"))).toBe(`PATCH ${String(sealedChunks(4))}`);
  expect(second.all("progress")[0]?.progress.state).toBe("checking");
  expect(same(await second.opened(file), content(LONG))).toBe(true);
});

test("a server that lost some of it gets it again", async () => {
  const first = new Page();
  const { ticket, checkpoint } = await stopped(first, 200 * 65_536, 6);
  const second = loaded(first);
  const blob = second.server.blobs.get(ticket.blobId);
  if (!blob) throw new Error("no blob");
  expect(blob.bytes.length).toBeGreaterThan(sealedChunks(64));
  blob.bytes = blob.bytes.slice(0, 10);
  second.upload(new Blob([content(200 * 65_536)]), ticket, checkpoint);
  const file = await second.uploaded();
  expect(second.server.asked).toContain("PATCH 10");
  expect(same(await second.opened(file), content(200 * 65_536))).toBe(true);
});

test("a file that changes while a server asks for it again is not sent under the same key", async () => {
  const first = new Page();
  const { ticket, checkpoint } = await stopped(first, 200 * 65_536, 6);
  const second = loaded(first);
  const blob = second.server.blobs.get(ticket.blobId);
  if (!blob) throw new Error("no blob");
  blob.bytes = blob.bytes.slice(0, 10);
  const file = new Blob([content(200 * 65_536)]);
  const changed = content(200 * 65_536);
  changed[5] = (changed[5] ?? 0) ^ 1;
  const later = new Blob([changed]);
  const [usual, beginnings] = [file.slice.bind(file), { read: 0 }];
  // The beginning is read to compare it, and then again, for the server lacks it.
  file.slice = (start, end) => {
    if (start === 0) beginnings.read += 1;
    return beginnings.read > 1 ? later.slice(start, end) : usual(start, end);
  };
  second.upload(file, ticket, checkpoint);
  expect(await second.ended()).toEqual({ type: "failed", id: 1, code: "file_changed" });
  expect(beginnings.read).toBe(2);
  expect(second.server.asked.some((asked) => asked.startsWith("PATCH"))).toBe(false);
});

test("a file that changed is not sent under the same key, and nothing of it stays", async () => {
  const first = new Page();
  const { ticket, checkpoint } = await stopped(first, LONG, 1);
  const changed = content(LONG);
  // In what was noted, and not yet sent.
  changed[7 * 65_536] = (changed[7 * 65_536] ?? 0) ^ 1;
  const second = loaded(first);
  second.upload(new Blob([changed]), ticket, checkpoint);
  expect(await second.ended()).toEqual({ type: "failed", id: 1, code: "file_changed" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(second.server.asked.some((asked) => asked.startsWith("PATCH"))).toBe(false);
  expect(second.server.blobs.size).toBe(0);
});

test("a file that cannot be read any more ends its upload", async () => {
  const page = new Page();
  const file = new Blob([content(LONG)]);
  vi.spyOn(file, "slice").mockReturnValue({ arrayBuffer: () => Promise.reject(new Error("gone")) } as unknown as Blob);
  page.upload(file);
  expect(await page.ended()).toMatchObject({ type: "failed", code: "file_unreadable" });
});

test("who cancels an upload leaves nothing", async () => {
  const page = new Page();
  page.mishap("DELETE", "lost");
  page.hear = (report) => {
    if (report.type === "progress") page.obey({ type: "cancel", id: 1 });
  };
  page.upload(new Blob([content(LONG)]));
  expect(await page.ended()).toEqual({ type: "failed", id: 1, code: "file_cancelled" });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(page.server.blobs.size).toBe(0);
});

test.each([
  ["quota_exceeded", 409],
  ["too_large", 413],
  ["file_expired", 410],
])("what the server refuses ends the upload: %s", async (code, status) => {
  const page = new Page();
  page.mishap("POST", { status, code });
  page.upload(new Blob([content(10)]));
  expect(await page.ended()).toEqual({ type: "failed", id: 1, code });
});

test("too many uploads at once wait as long as the server says", async () => {
  const page = new Page();
  page.mishap("POST", { status: 429, code: "rate_limited", retryAfterMs: 10_000 });
  page.upload(new Blob([content(10)]));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(page.server.asked).toEqual(["POST"]);
  await page.uploaded();
});

test("a session that was renewed is asked for once", async () => {
  const page = new Page();
  page.token = "old";
  page.hear = (report) => {
    if (report.type === "token" && report.stale === "old") page.token = "token";
  };
  page.upload(new Blob([content(10)]));
  await page.uploaded();
  expect(page.stale).toEqual([null, "old"]);

  // The core is about to connect anew.
  const early = new Page();
  early.token = "old";
  early.hear = (report) => {
    if (report.type === "token" && early.stale.length > 4) early.token = "token";
  };
  early.upload(new Blob([content(10)]));
  await early.uploaded();
  expect(early.stale.length).toBeGreaterThan(4);

  const signedOut = new Page();
  signedOut.token = null;
  signedOut.upload(new Blob([content(10)]));
  expect(await signedOut.ended()).toMatchObject({ code: "unauthenticated" });
});

async function there(length = LONG): Promise<{ page: Page; file: SealedFile }> {
  const page = new Page();
  page.upload(new Blob([content(length)]));
  const file = await page.uploaded();
  page.told.length = 0;
  page.server.asked.length = 0;
  return { page, file };
}

const download = (page: Page, file: SealedFile): void => page.obey({ type: "download", id: 2, file, mediaType: "text/plain", to: "memory" });

test("a download that breaks goes on at the chunk that was not whole", async () => {
  const { page, file } = await there();
  page.mishap("GET", { cut: 200_000 }, "lost", { status: 503 });
  download(page, file);
  const end = await page.ended();
  if (end.type !== "downloaded") throw new Error(JSON.stringify(end));
  expect(same(new Uint8Array(await end.blob.arrayBuffer()), content(LONG))).toBe(true);
  expect(page.server.asked).toEqual(["GET", ...Array.from({ length: 3 }, () => `GET ${String(sealedChunks(3))}`)]);
});

test("a connection that breaks before anything came is not asked again without a pause", async () => {
  const { page, file } = await there();
  page.mishap("GET", ...Array.from({ length: 20 }, (): Mishap => ({ cut: 100 })));
  download(page, file);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(page.server.asked.length).toBeLessThan(6);
  expect(await page.ended()).toMatchObject({ type: "downloaded" });
});

test.each(["a byte", "the order", "the hash", "the end"])("a file of which %s was changed is handed to nobody", async (what) => {
  const { page, file } = await there();
  const blob = page.server.blobs.get(file.blobId);
  if (!blob) throw new Error("no blob");
  const bytes = blob.bytes.slice();
  if (what === "a byte") bytes[70_000] = (bytes[70_000] ?? 0) ^ 1;
  if (what === "the order") {
    bytes.copyWithin(0, sealedChunks(1), sealedChunks(2));
  }
  if (what === "the end") {
    blob.bytes = Uint8Array.from([...bytes, 1]);
  } else blob.bytes = bytes;
  download(page, what === "the hash" ? { ...file, hash: new Uint8Array(4) } : file);
  const end = await page.ended();
  expect(end).toEqual({ type: "failed", id: 2, code: "file_damaged" });
});

test("a file that expired says so", async () => {
  const { page, file } = await there();
  page.mishap("GET", { status: 410, code: "file_expired" });
  download(page, file);
  expect(await page.ended()).toEqual({ type: "failed", id: 2, code: "file_expired" });
});

test("deleting what is gone is well", async () => {
  const { page, file } = await there(10);
  const blob = page.server.blobs.get(file.blobId);
  if (!blob) throw new Error("no blob");
  page.server.blobs.clear();
  page.obey({ type: "delete", id: 3, blobId: file.blobId, uploadSecret: new Uint8Array(32) });
  expect(await page.ended()).toEqual({ type: "deleted", id: 3 });
});
