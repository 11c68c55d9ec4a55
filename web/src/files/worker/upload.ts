/**
 * One upload: sends the parts of a file's blob, and goes on where the server is. Before anything is sent, what it takes to go on
 * after a reload is noted by the page (`note`): the ticket, and then how much is sealed.
 */
import type { Checkpoint, Progress, SealedFile, UploadTicket } from "../wire";
import { TransferError } from "./failures";
import { LONGEST_PART, Parts, type Part } from "./parts";
import type { Patience } from "./patience";
import { CHUNK_LEN, SEALED_CHUNK_LEN, sealedLen, type Sealing } from "./sealing";
import { Refusal, type BlobServer, type UploadState } from "./server";

/** Chunks of the first part; parts grow where the line is fast, so that progress shows and little is lost. */
const FIRST_PART = 4;

/** A part should take about so long. */
const PART_MS = 2_000;

export interface UploadJob {
  readonly roomId: string;
  readonly file: Blob;
  readonly expiresAt: number;
  readonly ticket: UploadTicket;
  readonly from: Checkpoint | null;
}

export interface UploadHearer {
  /** Resolves once it is stored. */
  note(checkpoint: Checkpoint | null): Promise<void>;
  progress(progress: Progress): void;
}

export class Upload {
  private readonly job: UploadJob;
  private readonly server: BlobServer;
  private readonly sealing: Sealing;
  private readonly patience: Patience;
  private readonly hearer: UploadHearer;
  private readonly signal: AbortSignal;
  private readonly total: number;
  private partChunks = FIRST_PART;
  /** The durable end, as far as known. */
  private offset = 0;

  constructor(job: UploadJob, parts: { server: BlobServer; sealing: Sealing; patience: Patience }, hearer: UploadHearer, signal: AbortSignal) {
    this.job = job;
    this.server = parts.server;
    this.sealing = parts.sealing;
    this.patience = parts.patience;
    this.hearer = hearer;
    this.signal = signal;
    this.total = sealedLen(job.file.size);
  }

  async run(): Promise<SealedFile> {
    const { ticket, file, from } = this.job;
    if (!from) await this.hearer.note(null);
    this.offset = (await this.persist(() => this.create())).offset;
    // More than may have been sent is not ours.
    if (this.offset > (from?.sealed ?? 0)) throw new TransferError("file_changed");
    const parts = await Parts.of(this.job, this.sealing, (checkpoint) => this.hearer.note(checkpoint), this.signal);
    if (from) await parts.check(from, (end) => this.hearer.progress({ done: this.plain(end), total: file.size, state: "checking" }));
    while (this.offset < this.total) await this.send(await parts.at(this.offset, this.partChunks));
    return { blobId: ticket.blobId, key: ticket.key, nonceBase: ticket.nonceBase, size: file.size, hash: parts.last.hash };
  }

  private create(): Promise<UploadState> {
    const { ticket, roomId, expiresAt } = this.job;
    return this.server.create({ blobId: ticket.blobId, uploadSecret: ticket.uploadSecret, roomId, expiresAt, size: this.total }, this.signal);
  }

  /** Until all of it is there, or less than before it: a server that was restored from a backup, say. What does not get through
   * is sent in halves: it may be too much for the way. */
  private async send({ start, bytes, upTo }: Part): Promise<void> {
    const end = upTo.sealed;
    const { blobId, uploadSecret } = this.job.ticket;
    let most = bytes.size;
    while (this.offset >= start && this.offset < end) {
      let lost = false;
      const state = await this.persist(async () => {
        if (lost) {
          this.offset = (await this.server.progress(blobId, uploadSecret, this.signal)).offset;
          most = Math.max(Math.floor(most / 2), SEALED_CHUNK_LEN);
        }
        lost = true;
        // It came although the answer was lost, or less is there than before.
        if (this.offset >= end || this.offset < start) return { offset: this.offset };
        const began = performance.now();
        const rest = bytes.slice(this.offset - start, this.offset - start + most);
        const state = await this.server.part(blobId, uploadSecret, this.offset, rest, this.signal).catch(offsetOf);
        this.pace(performance.now() - began, rest.size);
        return state;
      });
      this.offset = state.offset;
      if (this.offset > end) throw new TransferError("file_changed");
      this.tell("running");
    }
  }

  /** How long the next part is, by how long this one took. */
  private pace(ms: number, length: number): void {
    const fitting = (length / SEALED_CHUNK_LEN) * (PART_MS / Math.max(ms, 1));
    this.partChunks = Math.round(Math.min(Math.max(fitting, 1), this.partChunks * 2, LONGEST_PART));
  }

  private persist<T>(work: () => Promise<T>): Promise<T> {
    return this.patience.persist(work, this.signal, () => this.tell("waiting"));
  }

  private tell(state: Progress["state"]): void {
    this.hearer.progress({ done: this.plain(this.offset), total: this.job.file.size, state });
  }

  /** So many bytes of the file are in so many of the blob, as nearly as a person sees. */
  private plain(sealed: number): number {
    return Math.min(Math.floor((sealed / SEALED_CHUNK_LEN) * CHUNK_LEN), this.job.file.size);
  }
}

/** A part that does not fit says where the upload is. */
function offsetOf(error: unknown): { offset: number } {
  if (error instanceof Refusal && error.code === "wrong_offset" && error.offset !== null) return { offset: error.offset };
  throw error;
}
