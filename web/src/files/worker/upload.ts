/**
 * One upload: reads the file, seals it, sends it part by part, and goes on where the server is.
 *
 * Before anything is sent, what it takes to go on after a reload is noted by the page (`note`): the ticket, and, for each
 * part, the hash of all that is sealed up to its end. Who goes on seals the file again from its beginning up to there and
 * compares, so that a file that changed in between never has two chunks under one nonce.
 */
import type { Bytes, Checkpoint, Progress, SealedFile, UploadTicket } from "../wire";
import type { Patience } from "./patience";
import { Pieces } from "./reading";
import { CHUNK_LEN, SEALED_CHUNK_LEN, own, same, type Sealer, type Sealing } from "./sealing";
import { Refusal, type BlobServer, type UploadState } from "./server";

/** Chunks of the first part; parts grow where the line is fast, so that progress shows and little is lost. */
const FIRST_PART = 4;

/** Chunks of the longest part: 4 MiB, below what the server takes. */
export const LONGEST_PART = 64;

/** A part should take about so long. */
const PART_MS = 2_000;

/** A transfer ended for a reason that is not the server's. */
export class TransferError extends Error {}

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
  private sealer: Sealer | null = null;
  /** The part in hand: sealed bytes, and where they begin in the blob. */
  private part: { start: number; bytes: Bytes } = { start: 0, bytes: new Uint8Array() };
  private partChunks = FIRST_PART;
  private readonly chunk = new Uint8Array(CHUNK_LEN);
  /** The durable end, as far as known. */
  private offset = 0;
  /** Up to where the page has noted what is sealed. */
  private noted = 0;
  /** What was sealed, part by part: the end of each in the blob, and the hash of all up to there. */
  private readonly marks: { readonly end: number; readonly hash: Bytes }[] = [];

  constructor(job: UploadJob, parts: { server: BlobServer; sealing: Sealing; patience: Patience }, hearer: UploadHearer, signal: AbortSignal) {
    this.job = job;
    this.server = parts.server;
    this.sealing = parts.sealing;
    this.patience = parts.patience;
    this.hearer = hearer;
    this.signal = signal;
    this.total = parts.sealing.sealedLen(job.file.size);
  }

  async run(): Promise<SealedFile> {
    const { ticket, file, from } = this.job;
    try {
      if (!from) await this.hearer.note(null);
      this.offset = (await this.persist(() => this.create())).offset;
      await this.begin();
      while (this.offset < this.total) {
        // The server may have less than the part in hand: it was restored from a backup, say.
        if (this.offset < this.part.start) await this.rewind();
        if (this.offset >= this.end) await this.read(this.partChunks);
        else await this.sendPart();
      }
      while (this.end < this.total) await this.read(LONGEST_PART);
      return { blobId: ticket.blobId, key: ticket.key, nonceBase: ticket.nonceBase, size: file.size, hash: own(this.sealed.hash()) };
    } finally {
      this.sealer?.free();
      this.sealer = null;
    }
  }

  /** Where what is sealed ends. */
  private get end(): number {
    return this.part.start + this.part.bytes.length;
  }

  private get sealed(): Sealer {
    if (!this.sealer) throw new Error("the upload has not begun");
    return this.sealer;
  }

  private create(): Promise<UploadState> {
    const { ticket, roomId, expiresAt } = this.job;
    return this.server.create({ blobId: ticket.blobId, uploadSecret: ticket.uploadSecret, roomId, expiresAt, size: this.total }, this.signal);
  }

  /** From the file's beginning, up to where it was sealed before. Nothing is sent until that has proved to be the same. */
  private async begin(): Promise<void> {
    const { from, ticket, file } = this.job;
    this.sealer = this.sealing.sealer(ticket, file.size);
    const { sealed, hash } = from ?? { sealed: 0, hash: null };
    if (this.offset > sealed) throw new TransferError("file_changed");
    while (this.end < sealed) {
      this.hearer.progress({ done: this.plain(this.end), total: file.size, state: "checking" });
      // The odd ones first, so that what comes last is as long as any part that may not have arrived.
      const left = Math.ceil((sealed - this.end) / SEALED_CHUNK_LEN);
      await this.read(left % LONGEST_PART || LONGEST_PART);
    }
    if (this.end !== sealed || (hash && !same(this.sealed.hash(), hash))) throw new TransferError("file_changed");
    this.noted = sealed;
  }

  /** Seals again from the file's beginning, up to the part that the server lacks. */
  private async rewind(): Promise<void> {
    this.sealed.free();
    this.sealer = this.sealing.sealer(this.job.ticket, this.job.file.size);
    this.part = { start: 0, bytes: new Uint8Array() };
    while (this.end <= this.offset) await this.read(LONGEST_PART);
  }

  /**
   * Reads and seals so many chunks, which take the place of the part in hand. What was sealed before comes in the parts of
   * then, and must be the same: under one nonce nothing else may ever leave, whatever the server says it lacks.
   */
  private async read(chunks: number): Promise<void> {
    const start = this.end;
    const before = this.marks.find(({ end }) => end > start);
    const first = start / SEALED_CHUNK_LEN;
    const count = Math.min(before ? Infinity : chunks, Math.ceil(((before?.end ?? this.total) - start) / SEALED_CHUNK_LEN));
    const bytes = new Uint8Array(Math.min(count * SEALED_CHUNK_LEN, this.total - start));
    const { file } = this.job;
    const pieces = new Chunks(file, first * CHUNK_LEN, Math.min((first + count) * CHUNK_LEN, file.size), this.chunk);
    for (let index = 0; index < count; index++) {
      const chunk = await pieces.next();
      this.signal.throwIfAborted();
      bytes.set(this.sealed.seal_next(chunk), index * SEALED_CHUNK_LEN);
      chunk.fill(0);
    }
    const hash = own(this.sealed.hash());
    if (before && !same(hash, before.hash)) throw new TransferError("file_changed");
    this.part = { start, bytes };
    if (!before) this.marks.push({ end: this.end, hash });
  }

  /** Has the part in hand noted, and sends it. */
  private async sendPart(): Promise<void> {
    const { ticket } = this.job;
    if (this.end > this.noted) {
      await this.hearer.note({ sealed: this.end, hash: own(this.sealed.hash()) });
      this.signal.throwIfAborted();
      this.noted = this.end;
    }
    const { start, bytes } = this.part;
    let lost = false;
    const state = await this.persist(async () => {
      if (lost) this.offset = (await this.server.progress(ticket.blobId, ticket.uploadSecret, this.signal)).offset;
      lost = true;
      // It came although the answer was lost, or less is there than before.
      if (this.offset >= this.end || this.offset < start) return { offset: this.offset };
      const began = performance.now();
      const rest = bytes.subarray(this.offset - start);
      const state = await this.server.part(ticket.blobId, ticket.uploadSecret, this.offset, rest, this.signal).catch(offsetOf);
      this.pace(performance.now() - began, rest.length);
      return state;
    });
    this.offset = state.offset;
    if (this.offset > this.end) throw new TransferError("file_changed");
    this.tell("running");
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

/** A part of a file, chunk by chunk. */
class Chunks {
  private readonly pieces: Pieces | null;
  private readonly chunk: Uint8Array;
  private left: number;
  /** Of the piece in hand, what is in no chunk yet. */
  private rest = new Uint8Array();

  constructor(file: Blob, from: number, to: number, chunk: Uint8Array) {
    this.left = Math.max(to - from, 0);
    this.pieces = this.left > 0 ? new Pieces(file.slice(from, to).stream(), new ArrayBuffer(CHUNK_LEN)) : null;
    this.chunk = chunk;
  }

  /** The next, shorter or empty at the end of the file; good until the next call. */
  async next(): Promise<Uint8Array> {
    const wanted = Math.min(this.left, CHUNK_LEN);
    let held = 0;
    while (held < wanted) {
      if (this.rest.length === 0) this.rest = await this.read();
      const piece = this.rest.subarray(0, wanted - held);
      this.chunk.set(piece, held);
      held += piece.length;
      this.rest = this.rest.subarray(piece.length);
    }
    this.left -= wanted;
    return this.chunk.subarray(0, wanted);
  }

  private async read(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const piece = await this.pieces?.next();
      if (piece && piece.length > 0) return piece as Uint8Array<ArrayBuffer>;
    } catch {
      // As below.
    }
    // It was moved, deleted or changed since it was chosen.
    throw new TransferError("file_unreadable");
  }
}
