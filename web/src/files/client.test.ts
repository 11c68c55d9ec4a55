import { expect, test, vi } from "vitest";
import { FilesClient, type FilesWorker, type UploadState } from "./client";
import type { FilesCommand, FilesReport, SealedFile, UploadTicket } from "./wire";

class FakeWorker implements FilesWorker {
  onmessage: FilesWorker["onmessage"] = null;
  onerror: FilesWorker["onerror"] = null;
  readonly heard: FilesCommand[] = [];
  ended = false;

  postMessage(command: FilesCommand): void {
    this.heard.push(command);
  }

  terminate(): void {
    this.ended = true;
  }

  break(): void {
    this.onerror?.(new ErrorEvent("error"));
  }

  tell(report: FilesReport): void {
    this.onmessage?.(new MessageEvent("message", { data: report }));
  }
}

const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length);
const ticket: UploadTicket = { blobId: "blob", key: bytes(32), nonceBase: bytes(7), uploadSecret: bytes(32) };
const sealed: SealedFile = { blobId: "blob", key: bytes(32), nonceBase: bytes(7), size: 5, hash: bytes(32) };
const wish = { roomId: "room", file: new Blob(["hello"]), expiresAt: 7 };

function start(token: string | null = "token") {
  const workers: FakeWorker[] = [];
  const spawn = () => {
    workers.push(new FakeWorker());
    return workers.at(-1) as FakeWorker;
  };
  const giveToken = vi.fn(() => Promise.resolve(token));
  return { files: new FilesClient(spawn, giveToken), workers, giveToken };
}

test("an upload is told of, noted, and done", async () => {
  const { files, workers } = start();
  const noted: UploadState[] = [];
  const upload = files.upload({
    ...wish,
    note: (state) => {
      noted.push(state);
      return Promise.resolve();
    },
  });
  const [worker] = workers;
  expect(worker?.heard).toEqual([{ type: "upload", id: 1, roomId: "room", file: wish.file, expiresAt: 7, ticket: null, from: null }]);
  worker?.tell({ type: "note", id: 1, ticket, checkpoint: null });
  await vi.waitFor(() => expect(worker?.heard.at(-1)).toEqual({ type: "noted", id: 1 }));
  expect(noted).toEqual([{ ticket, checkpoint: null }]);
  worker?.tell({ type: "progress", id: 1, progress: { done: 3, total: 5, state: "running" } });
  expect(upload.progress.get()).toEqual({ done: 3, total: 5, state: "running" });
  worker?.tell({ type: "uploaded", id: 1, file: sealed });
  expect(await upload.done).toEqual({ ok: true, value: { file: sealed, uploadSecret: ticket.uploadSecret } });
});

test("nothing goes on that could not be noted", async () => {
  const { files, workers } = start();
  void files.upload({ ...wish, note: () => Promise.reject(new Error("the store is full")) });
  workers[0]?.tell({ type: "note", id: 1, ticket, checkpoint: null });
  await vi.waitFor(() => expect(workers[0]?.heard.at(-1)).toEqual({ type: "cancel", id: 1 }));
});

test("an upload goes on with what was noted of it", () => {
  const { files, workers } = start();
  const checkpoint = { sealed: 10, hash: bytes(32) };
  files.upload({ ...wish, resume: { ticket, checkpoint } });
  expect(workers[0]?.heard[0]).toMatchObject({ ticket, from: checkpoint });
});

test("a failure is one for the catalogue", async () => {
  const { files, workers } = start();
  const download = files.download(sealed, "image/png", "memory");
  download.cancel();
  expect(workers[0]?.heard.at(-1)).toEqual({ type: "cancel", id: 1 });
  workers[0]?.tell({ type: "failed", id: 1, code: "file_cancelled" });
  expect(await download.done).toEqual({ ok: false, failure: { code: "file_cancelled", params: {} } });
});

test("the worker gets the session's token when it asks, and none where nobody is signed in", async () => {
  for (const token of ["token", null]) {
    const { files, workers, giveToken } = start(token);
    files.download(sealed, "image/png", "memory");
    workers[0]?.tell({ type: "token", request: 4, stale: "old" });
    await vi.waitFor(() => expect(workers[0]?.heard.at(-1)).toEqual({ type: "token", request: 4, token }));
    expect(giveToken).toHaveBeenCalledWith("old");
  }
});

test("R47 a lock ends the worker, which has keys and the token; what it asked is answered to no other", async () => {
  const { files, workers } = start();
  const download = files.download(sealed, "image/png", "memory");
  workers[0]?.tell({ type: "token", request: 1, stale: null });
  files.halt();
  expect(workers[0]?.ended).toBe(true);
  expect(await download.done).toEqual({ ok: false, failure: { code: "file_cancelled", params: {} } });
  files.download(sealed, "image/png", "memory");
  await new Promise((resolve) => setTimeout(resolve));
  expect(workers[1]?.heard).toHaveLength(1);
});

test("a worker that stops fails what it did, and the next transfer has a new one", async () => {
  const { files, workers } = start();
  const lost = files.download(sealed, "image/png", "memory");
  workers[0]?.break();
  expect(await lost.done).toEqual({ ok: false, failure: { code: "core_failed", params: {} } });
  expect(workers[0]?.ended).toBe(true);
  const next = files.delete("blob", bytes(32));
  expect(workers).toHaveLength(2);
  workers[1]?.tell({ type: "deleted", id: 2 });
  expect(await next.done).toEqual({ ok: true, value: true });
});
