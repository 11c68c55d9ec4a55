/** One download: each chunk is opened as it comes, and nothing is handed out before the hash of the whole has proved right. */
import type { Progress, SealedFile } from "../wire";
import type { Patience } from "./patience";
import { Pieces } from "./reading";
import { SEALED_CHUNK_LEN, same, type Opener, type Sealing } from "./sealing";
import { SILENCE_MS, Unreachable, type BlobServer } from "./server";
import type { Sink } from "./sink";
import { TransferError } from "./upload";

/** Progress is told at most so often. */
const TELL_MS = 100;

/** As much as networks bring at once. */
const READ_LEN = 256 * 1024;

export class Download {
  private readonly file: SealedFile;
  private readonly server: BlobServer;
  private readonly sealing: Sealing;
  private readonly patience: Patience;
  private readonly sink: Sink;
  private readonly progress: (progress: Progress) => void;
  private readonly signal: AbortSignal;
  private readonly total: number;
  /** Bytes of the blob that are opened, always whole chunks. */
  private opened = 0;
  private written = 0;
  private told = 0;

  constructor(
    file: SealedFile,
    parts: { server: BlobServer; sealing: Sealing; patience: Patience },
    sink: Sink,
    progress: (progress: Progress) => void,
    signal: AbortSignal,
  ) {
    this.file = file;
    this.server = parts.server;
    this.sealing = parts.sealing;
    this.patience = parts.patience;
    this.sink = sink;
    this.progress = progress;
    this.signal = signal;
    this.total = parts.sealing.sealedLen(file.size);
  }

  async run(): Promise<Blob> {
    const opener = this.sealing.opener(this.file, this.file.size);
    try {
      await this.fetchAll(opener);
      if (!same(opener.hash(), this.file.hash)) throw new TransferError("file_damaged");
      return await this.sink.finish();
    } catch (error) {
      await this.sink.drop();
      throw error;
    } finally {
      opener.free();
    }
  }

  private async fetchAll(opener: Opener): Promise<void> {
    while (this.opened < this.total) {
      const before = this.opened;
      await this.patience.persist(
        async () => {
          const body = await this.server.get(this.file.blobId, this.opened, this.signal);
          await this.take(new Pieces(body, new ArrayBuffer(READ_LEN)), opener).catch((error: unknown) => {
            // The connection broke in the middle, but some came: at once again, from there.
            if (!(error instanceof Unreachable) || this.opened === before) throw error;
          });
        },
        this.signal,
        () => this.tell("waiting"),
      );
    }
  }

  /** Opens what comes, until the stream ends or breaks. */
  private async take(pieces: Pieces, opener: Opener): Promise<void> {
    const stop = (): void => pieces.cancel();
    this.signal.addEventListener("abort", stop);
    // The chunk in hand.
    const sealed = new Uint8Array(SEALED_CHUNK_LEN);
    let held = 0;
    try {
      while (this.opened < this.total) {
        const value = await next(pieces);
        this.signal.throwIfAborted();
        if (!value) throw new Unreachable();
        for (let at = 0; at < value.length; ) {
          const wanted = Math.min(SEALED_CHUNK_LEN, this.total - this.opened);
          if (wanted <= 0) throw new TransferError("file_damaged");
          const piece = value.subarray(at, at + wanted - held);
          sealed.set(piece, held);
          held += piece.length;
          at += piece.length;
          if (held < wanted) continue;
          this.put(opener, sealed.subarray(0, wanted));
          held = 0;
        }
      }
    } finally {
      this.signal.removeEventListener("abort", stop);
      stop();
    }
  }

  private put(opener: Opener, sealed: Uint8Array): void {
    const plain = opened(opener, sealed);
    this.sink.write(plain);
    plain.fill(0);
    this.opened += sealed.length;
    this.written += plain.length;
    const now = performance.now();
    if (now - this.told < TELL_MS && this.opened < this.total) return;
    this.told = now;
    this.tell("running");
  }

  private tell(state: Progress["state"]): void {
    this.progress({ done: this.written, total: this.file.size, state });
  }
}

function opened(opener: Opener, sealed: Uint8Array): Uint8Array {
  try {
    return opener.open_next(sealed);
  } catch {
    throw new TransferError("file_damaged");
  }
}

/** What comes next. A connection that says nothing for long is gone. */
async function next(pieces: Pieces): Promise<Uint8Array | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unreachable()), SILENCE_MS);
  });
  try {
    return await Promise.race([pieces.next(), silence]);
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
}
