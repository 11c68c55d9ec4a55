/** The page's way to its files worker. */
import { Store, type Readable } from "../state/observable";
import { failure, success, type Outcome } from "../state/outcome";
import type { Bytes, Checkpoint, FilesCommand, FilesReport, Progress, SealedFile, Target, UploadTicket } from "./wire";

/** What the client needs of a `Worker`. */
export interface FilesWorker {
  onmessage: ((event: MessageEvent<FilesReport>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(command: FilesCommand, transfer?: Transferable[]): void;
  terminate(): void;
}

/** What it takes to go on with an upload in another page; its owner keeps it sealed, for it has the key. */
export interface UploadState {
  readonly ticket: UploadTicket;
  readonly checkpoint: Checkpoint | null;
}

export interface UploadWish {
  readonly roomId: string;
  readonly file: Blob;
  /** When the message ends that will carry it, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** What was noted of this upload before the page was loaded anew; the file must be the same. */
  readonly resume?: UploadState;
  /** Stores what it takes to go on. Nothing is sent before it resolves; where it rejects, the upload ends. */
  readonly note?: (state: UploadState) => Promise<void>;
}

/** A transfer under way. */
export interface Transfer<T> {
  readonly progress: Readable<Progress>;
  /** Never rejects. */
  readonly done: Promise<Outcome<T>>;
  /** Ends it; `done` fails with `file_cancelled`. Of an upload nothing stays on the server. */
  cancel(): void;
}

/** An upload that is done: the file, and by what it can be deleted. */
export interface Uploaded {
  readonly file: SealedFile;
  readonly uploadSecret: Bytes;
}

/** The session's token, if there is a newer one than `stale`; nothing where nobody is signed in. A device has one session at a
 * time, and another each time that it connects anew; where it is about to, the stale one may be given, and is asked for again.
 * Rejects where there is none yet: it is asked for again. */
export type GiveToken = (stale: string | null) => Promise<string | null>;

interface Open {
  readonly progress: Store<Progress>;
  readonly note: ((state: UploadState) => Promise<void>) | undefined;
  ticket: UploadTicket | null;
  /** Takes the last report. */
  end(report: Extract<FilesReport, { type: "uploaded" | "downloaded" | "deleted" | "failed" }>): void;
}

export class FilesClient {
  private readonly spawn: () => FilesWorker;
  private readonly giveToken: GiveToken;
  private readonly open = new Map<number, Open>();
  private worker: FilesWorker | null = null;
  private nextId = 1;

  constructor(spawn: () => FilesWorker, giveToken: GiveToken) {
    this.spawn = spawn;
    this.giveToken = giveToken;
  }

  /** The worker itself begins with the first transfer. */
  static start(giveToken: GiveToken): FilesClient {
    const client = new FilesClient(() => new Worker(new URL("./files.worker.ts", import.meta.url), { type: "module", name: "files" }), giveToken);
    window.addEventListener("online", () => client.nudge());
    return client;
  }

  upload({ roomId, file, expiresAt, resume, note }: UploadWish): Transfer<Uploaded> {
    const ticket = resume?.ticket ?? null;
    return this.begin<Uploaded>(
      file.size,
      (id) => ({ type: "upload", id, roomId, file, expiresAt, ticket, from: resume?.checkpoint ?? null }),
      (report, ticket) => (report.type === "uploaded" && ticket ? { file: report.file, uploadSecret: ticket.uploadSecret } : null),
      ticket,
      note,
    );
  }

  /** Gets a file and opens it. The blob is of `mediaType`, whatever its sender says that it is. */
  download(file: SealedFile, mediaType: string, to: Target): Transfer<Blob> {
    return this.begin<Blob>(
      file.size,
      (id) => ({ type: "download", id, file, mediaType, to }),
      (report) => (report.type === "downloaded" ? report.blob : null),
    );
  }

  /** Deletes what was uploaded. */
  delete(blobId: string, uploadSecret: Bytes): Transfer<true> {
    return this.begin<true>(
      0,
      (id) => ({ type: "delete", id, blobId, uploadSecret }),
      (report) => (report.type === "deleted" ? true : null),
    );
  }

  /** Ends all that is under way, and the worker with it, which has keys of files and the session's token. */
  halt(): void {
    this.end("file_cancelled");
  }

  /** The network may be back. */
  nudge(): void {
    this.worker?.postMessage({ type: "nudge" });
  }

  private begin<T extends object | true>(
    total: number,
    command: (id: number) => FilesCommand,
    value: (report: FilesReport, ticket: UploadTicket | null) => T | null,
    ticket: UploadTicket | null = null,
    note?: (state: UploadState) => Promise<void>,
  ): Transfer<T> {
    const id = this.nextId++;
    const progress = new Store<Progress>({ done: 0, total, state: "running" });
    const done = new Promise<Outcome<T>>((resolve) => {
      const open: Open = {
        progress,
        note,
        ticket,
        end: (report) => {
          this.open.delete(id);
          if (report.type === "failed") {
            return resolve(failure(report.code, report.seconds === undefined ? {} : { seconds: String(report.seconds) }));
          }
          const made = value(report, open.ticket);
          resolve(made === null ? failure("core_failed") : success(made));
        },
      };
      this.open.set(id, open);
    });
    this.running().postMessage(command(id));
    return { progress, done, cancel: () => this.worker?.postMessage({ type: "cancel", id }) };
  }

  private running(): FilesWorker {
    if (this.worker) return this.worker;
    const worker = this.spawn();
    worker.onmessage = ({ data }) => this.hear(data);
    worker.onerror = () => this.end("core_failed");
    this.worker = worker;
    return worker;
  }

  private hear(report: FilesReport): void {
    switch (report.type) {
      case "note":
        return void this.note(report);
      case "progress":
        return this.open.get(report.id)?.progress.set(report.progress);
      case "token":
        return void this.answer(report.request, report.stale);
      case "uploaded":
      case "downloaded":
      case "deleted":
      case "failed":
        return this.open.get(report.id)?.end(report);
    }
  }

  private async note({ id, ticket, checkpoint }: Extract<FilesReport, { type: "note" }>): Promise<void> {
    const open = this.open.get(id);
    if (!open) return;
    open.ticket = ticket;
    try {
      await open.note?.({ ticket, checkpoint });
      this.worker?.postMessage({ type: "noted", id });
    } catch {
      this.worker?.postMessage({ type: "cancel", id });
    }
  }

  private async answer(request: number, stale: string | null): Promise<void> {
    // Another worker counts its questions anew.
    const { worker } = this;
    const answer = await this.giveToken(stale).then(
      (token) => ({ token }),
      () => ({ token: null, later: true as const }),
    );
    if (worker === this.worker) worker?.postMessage({ type: "token", request, ...answer });
  }

  /** The worker goes, and with it what was under way; the next transfer begins with a new one. */
  private end(code: "core_failed" | "file_cancelled"): void {
    this.worker?.terminate();
    this.worker = null;
    for (const [id, open] of this.open) open.end({ type: "failed", id, code });
  }
}
