/**
 * A file as the parts of its blob: read, sealed, and noted by the page before any of it may be sent. The part behind the one that
 * is asked for is made while that one is on its way.
 *
 * Under one key and nonce nothing but the same bytes may ever leave. So the hash of all that is sealed is noted before it is sent;
 * who goes on after a reload seals the file again from its beginning up to there and compares; and where a server lacks what it
 * had, what is sealed again is compared with what was sealed then.
 */
import type { Bytes, Checkpoint, UploadTicket } from "../wire";
import { TransferError } from "./failures";
import { CHUNK_LEN, NO_HASH, SEALED_CHUNK_LEN, link, same, sealedLen, type FileCipher, type Sealing } from "./sealing";

/** Chunks of the longest part: 4 MiB, below what the server takes. */
export const LONGEST_PART = 64;

/**
 * Sealed bytes, where they begin in the blob, and all that is sealed with them. As a `Blob`: browsers send one twenty times as
 * fast as the same bytes in an array, and hold it outside the page.
 */
export interface Part {
  readonly start: number;
  readonly bytes: Blob;
  readonly upTo: Checkpoint;
}

const NOTHING: Checkpoint = { sealed: 0, hash: NO_HASH };

export class Parts {
  private readonly file: Blob;
  private readonly cipher: FileCipher;
  private readonly digest: Sealing["digest"];
  private readonly note: (checkpoint: Checkpoint) => Promise<void>;
  private readonly signal: AbortSignal;
  private readonly total: number;
  /** Where each part that was sealed ends. */
  private readonly marks: Checkpoint[] = [NOTHING];
  /** Up to where the page has noted what is sealed. */
  private noted = 0;
  private ahead: Promise<Part> | null = null;

  private constructor(file: Blob, cipher: FileCipher, digest: Sealing["digest"], note: (checkpoint: Checkpoint) => Promise<void>, signal: AbortSignal) {
    this.file = file;
    this.cipher = cipher;
    this.digest = digest;
    this.note = note;
    this.signal = signal;
    this.total = sealedLen(file.size);
  }

  static async of(
    { file, ticket }: { readonly file: Blob; readonly ticket: UploadTicket },
    sealing: Sealing,
    note: (checkpoint: Checkpoint) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Parts> {
    return new Parts(file, await sealing.cipher(ticket, file.size), sealing.digest, note, signal);
  }

  /** All that is sealed. */
  get last(): Checkpoint {
    return this.marks.at(-1) ?? NOTHING;
  }

  /** Seals again what was sealed before a reload, and compares. `progress` hears up to where. */
  async check(before: Checkpoint, progress: (end: number) => void): Promise<void> {
    const { sealed } = before;
    if (sealed > this.total || (sealed < this.total && sealed % SEALED_CHUNK_LEN > 0)) throw new TransferError("file_changed");
    while (this.last.sealed < sealed) {
      progress(this.last.sealed);
      const { upTo } = await this.seal(this.last, Math.min(this.last.sealed + LONGEST_PART * SEALED_CHUNK_LEN, sealed));
      this.marks.push(upTo);
    }
    compare(this.last, before);
    this.noted = sealed;
  }

  /** The part with the byte at `offset` of the blob; a new one has so many chunks. */
  async at(offset: number, chunks: number): Promise<Part> {
    const { ahead } = this;
    this.ahead = null;
    let part = await ahead;
    if (!part || offset < part.start || offset >= part.upTo.sealed) {
      part = await this.make(this.marks.findLast(({ sealed }) => sealed <= offset) ?? NOTHING, chunks);
    }
    if (part.upTo.sealed < this.total) {
      this.ahead = this.make(part.upTo, chunks);
      // It is heard of when it is asked for.
      this.ahead.catch(() => {});
    }
    return part;
  }

  /** What was sealed before comes in the parts of then, and must be the same, whatever the server says it lacks. */
  private async make(start: Checkpoint, chunks: number): Promise<Part> {
    const before = this.marks.find(({ sealed }) => sealed > start.sealed);
    const { sealed, upTo } = await this.seal(start, before?.sealed ?? Math.min(start.sealed + chunks * SEALED_CHUNK_LEN, this.total));
    if (before) compare(upTo, before);
    else this.marks.push(upTo);
    if (upTo.sealed > this.noted) {
      await this.note(upTo);
      this.signal.throwIfAborted();
      this.noted = upTo.sealed;
    }
    return { start: start.sealed, bytes: new Blob(sealed), upTo };
  }

  private async seal(start: Checkpoint, end: number): Promise<{ sealed: Bytes[]; upTo: Checkpoint }> {
    const first = start.sealed / SEALED_CHUNK_LEN;
    const count = Math.ceil((end - start.sealed) / SEALED_CHUNK_LEN);
    const plain = await this.read(first * CHUNK_LEN, (first + count) * CHUNK_LEN);
    const chunks = await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const sealed = await this.cipher.seal(first + at, plain.subarray(at * CHUNK_LEN, (at + 1) * CHUNK_LEN));
        return { sealed, hash: await this.digest(sealed) };
      }),
    );
    plain.fill(0);
    let { hash } = start;
    for (const chunk of chunks) hash = await link(this.digest, hash, chunk.hash);
    this.signal.throwIfAborted();
    return { sealed: chunks.map(({ sealed }) => sealed), upTo: { sealed: end, hash } };
  }

  private async read(start: number, end: number): Promise<Bytes> {
    const expected = Math.max(Math.min(end, this.file.size) - start, 0);
    try {
      const plain = new Uint8Array(await this.file.slice(start, end).arrayBuffer());
      if (plain.length === expected) return plain;
    } catch {
      // As below.
    }
    // It was moved, deleted or changed since it was chosen.
    throw new TransferError("file_unreadable");
  }
}

function compare(found: Checkpoint, expected: Checkpoint): void {
  if (found.sealed !== expected.sealed || !same(found.hash, expected.hash)) throw new TransferError("file_changed");
}
