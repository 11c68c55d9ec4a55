/** The worker's own state: transfers by their ids, and what they wait for from the page. */
import type { Bytes, Checkpoint, FilesCommand, FilesReport, Progress, UploadTicket } from "../wire";
import { Download } from "./download";
import { TransferError } from "./failures";
import { Patience } from "./patience";
import type { Sealing } from "./sealing";
import { BlobServer, Refusal, Unreachable } from "./server";
import { openSink, type Sink } from "./sink";
import { Upload } from "./upload";

interface Parts {
  readonly sealing: Sealing;
  readonly fetch: typeof globalThis.fetch;
  readonly tell: (report: FilesReport) => void;
  readonly sink?: typeof openSink;
}

export class Transfers {
  private readonly sealing: Sealing;
  private readonly tell: Parts["tell"];
  private readonly openSink: (target: "memory" | "disk", mediaType: string) => Promise<Sink>;
  private readonly server: BlobServer;
  private readonly patience = new Patience();
  private readonly running = new Map<number, AbortController>();
  private readonly notes = new Map<number, () => void>();
  private readonly tokens = new Map<number, { give: (token: string | null) => void; later: () => void }>();
  private nextRequest = 1;

  constructor({ sealing, fetch, tell, sink }: Parts) {
    this.sealing = sealing;
    this.tell = tell;
    this.openSink = sink ?? openSink;
    this.server = new BlobServer(fetch, (stale) => this.askToken(stale));
  }

  obey(command: FilesCommand): void {
    switch (command.type) {
      case "upload":
        return this.begin(command.id, (signal) => this.upload(command, signal));
      case "download":
        return this.begin(command.id, (signal) => this.download(command, signal));
      case "delete":
        return this.begin(command.id, async (signal) => {
          await this.remove(command.blobId, command.uploadSecret, signal);
          this.tell({ type: "deleted", id: command.id });
        });
      case "noted":
        this.notes.get(command.id)?.();
        this.notes.delete(command.id);
        return;
      case "cancel":
        this.running.get(command.id)?.abort();
        return;
      case "token":
        return this.takeToken(command);
      case "nudge":
        return this.patience.nudge();
    }
  }

  private begin(id: number, work: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController();
    this.running.set(id, controller);
    void work(controller.signal)
      .catch((error: unknown) => this.failed(id, error, controller.signal))
      .finally(() => {
        this.running.delete(id);
        this.notes.delete(id);
        // What was being made ahead is not needed.
        controller.abort();
      });
  }

  private async upload(command: Extract<FilesCommand, { type: "upload" }>, signal: AbortSignal): Promise<void> {
    const { id } = command;
    const ticket = command.ticket ?? newTicket();
    const hearer = {
      note: (checkpoint: Checkpoint | null) => this.note(id, ticket, checkpoint, signal),
      progress: (progress: Progress) => this.tell({ type: "progress", id, progress }),
    };
    const upload = new Upload({ ...command, ticket }, { server: this.server, sealing: this.sealing, patience: this.patience }, hearer, signal);
    try {
      const file = await upload.run();
      this.tell({ type: "uploaded", id, file });
    } catch (error) {
      // Who cancels wants nothing to stay; and what cannot be gone on with takes the room's space for nothing.
      if (signal.aborted || error instanceof TransferError) void this.remove(ticket.blobId, ticket.uploadSecret, new AbortController().signal).catch(() => {});
      throw error;
    }
  }

  private async download(command: Extract<FilesCommand, { type: "download" }>, signal: AbortSignal): Promise<void> {
    const { id, file, mediaType, to } = command;
    const sink = await this.openSink(to, mediaType);
    const progress = (progress: Progress): void => this.tell({ type: "progress", id, progress });
    const blob = await new Download(file, { server: this.server, sealing: this.sealing, patience: this.patience }, sink, progress, signal).run();
    this.tell({ type: "downloaded", id, blob });
  }

  private remove(blobId: string, uploadSecret: UploadTicket["uploadSecret"], signal: AbortSignal): Promise<void> {
    return this.patience.persist(() => this.server.delete(blobId, uploadSecret, signal), signal, () => {});
  }

  /** Resolves when the page has stored it. */
  private async note(id: number, ticket: UploadTicket, checkpoint: Checkpoint | null, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      this.notes.set(id, resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      this.tell({ type: "note", id, ticket, checkpoint });
    });
    signal.throwIfAborted();
  }

  private askToken(stale: string | null): Promise<string | null> {
    const request = this.nextRequest++;
    return new Promise((resolve, reject) => {
      this.tokens.set(request, { give: resolve, later: () => reject(new Unreachable()) });
      this.tell({ type: "token", request, stale });
    });
  }

  private takeToken({ request, token, later }: Extract<FilesCommand, { type: "token" }>): void {
    const asked = this.tokens.get(request);
    this.tokens.delete(request);
    if (later) asked?.later();
    else asked?.give(token);
  }

  private failed(id: number, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return this.tell({ type: "failed", id, code: "file_cancelled" });
    if (error instanceof TransferError || error instanceof Refusal) return this.tell({ type: "failed", id, code: error.message });
    console.error("a transfer failed", error);
    this.tell({ type: "failed", id, code: "core_failed" });
  }
}

function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

function newTicket(): UploadTicket {
  return { blobId: crypto.randomUUID(), key: random(32), nonceBase: random(7), uploadSecret: random(32) };
}
