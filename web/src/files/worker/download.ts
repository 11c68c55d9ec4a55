/** One download: chunks are opened as they come, and nothing is handed out before the hash of the whole has proved right. */
import type { Bytes, Progress, SealedFile } from "../wire";
import { TransferError } from "./failures";
import type { Patience } from "./patience";
import { Pieces } from "./reading";
import { NO_HASH, SEALED_CHUNK_LEN, link, same, sealedLen, type FileCipher, type Sealing } from "./sealing";
import { SILENCE_MS, Unreachable, type BlobServer } from "./server";
import type { Sink } from "./sink";

/** Progress is told at most so often. */
const TELL_MS = 100;

/** As much as networks bring at once. */
const READ_LEN = 256 * 1024;

/** Chunks that are opened at once: enough that the browser's threads have something to do, a mebibyte that is lost with a cut. */
const GROUP = 16;

export class Download {
  private readonly file: SealedFile;
  private readonly server: BlobServer;
  private readonly sealing: Sealing;
  private readonly patience: Patience;
  private readonly sink: Sink;
  private readonly progress: (progress: Progress) => void;
  private readonly signal: AbortSignal;
  private readonly total: number;
  /** Bytes of the blob that are opened, always whole chunks, and their hash. */
  private opened = 0;
  private hash: Bytes = NO_HASH;
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
    this.total = sealedLen(file.size);
  }

  async run(): Promise<Blob> {
    try {
      await this.fetchAll(await this.sealing.cipher(this.file, this.file.size));
      if (!same(this.hash, this.file.hash)) throw new TransferError("file_damaged");
      return await this.sink.finish();
    } catch (error) {
      await this.sink.drop();
      throw error;
    }
  }

  private async fetchAll(cipher: FileCipher): Promise<void> {
    while (this.opened < this.total) {
      const before = this.opened;
      await this.patience.persist(
        async () => {
          const body = await this.server.get(this.file.blobId, this.opened, this.signal);
          await this.take(new Pieces(body, new ArrayBuffer(READ_LEN)), cipher).catch((error: unknown) => {
            // The connection broke in the middle, but some came: at once again, from there.
            if (!(error instanceof Unreachable) || this.opened === before) throw error;
          });
        },
        this.signal,
        () => this.tell("waiting"),
      );
    }
  }

  /** Opens what comes, until the stream ends or breaks; the next chunks come while some are being opened. */
  private async take(pieces: Pieces, cipher: FileCipher): Promise<void> {
    const stop = (): void => pieces.cancel();
    this.signal.addEventListener("abort", stop);
    const groups = [new Group(), new Group()] as const;
    let [filling, other] = groups;
    let end = this.opened;
    let opening: Promise<void> = Promise.resolve();
    try {
      while (end < this.total) {
        const value = await next(pieces);
        this.signal.throwIfAborted();
        if (!value) throw new Unreachable();
        for (let rest = value; rest.length > 0; ) {
          if (end >= this.total) throw new TransferError("file_damaged");
          const taken = rest.subarray(0, Math.min(filling.room, this.total - end));
          filling.add(taken);
          end += taken.length;
          rest = rest.subarray(taken.length);
          if (filling.room > 0 && end < this.total) continue;
          await opening;
          opening = this.open(filling, cipher);
          // It is heard of below.
          opening.catch(() => {});
          [filling, other] = [other, filling];
        }
      }
    } finally {
      this.signal.removeEventListener("abort", stop);
      stop();
      await opening;
      // What came whole before the connection broke counts.
      await this.open(filling, cipher);
    }
  }

  /** Opens the whole chunks of a group, which is empty then. */
  private async open(group: Group, cipher: FileCipher): Promise<void> {
    const chunks = group.take(this.total - this.opened);
    const first = this.opened / SEALED_CHUNK_LEN;
    const opened = await Promise.all(
      chunks.map((sealed, at) => Promise.all([cipher.open(first + at, sealed).catch(damaged), this.sealing.digest(sealed)])),
    );
    for (const [at, [plain, hash]] of opened.entries()) {
      this.hash = await link(this.sealing.digest, this.hash, hash);
      this.opened += chunks[at]?.length ?? 0;
      this.written += plain.length;
      this.sink.write(plain);
    }
    const now = performance.now();
    if (chunks.length === 0 || (now - this.told < TELL_MS && this.opened < this.total)) return;
    this.told = now;
    this.tell("running");
  }

  private tell(state: Progress["state"]): void {
    this.progress({ done: this.written, total: this.file.size, state });
  }
}

/** Some sealed chunks, in memory that is used over and over. */
class Group {
  private readonly bytes = new Uint8Array(GROUP * SEALED_CHUNK_LEN);
  private held = 0;

  /** How many bytes it still takes. */
  get room(): number {
    return this.bytes.length - this.held;
  }

  add(piece: Uint8Array): void {
    this.bytes.set(piece, this.held);
    this.held += piece.length;
  }

  /** The whole chunks in it; the last of the blob, which ends after so many bytes, may be shorter. Good until it is filled again. */
  take(left: number): Bytes[] {
    const whole = this.held >= left ? left : this.held - (this.held % SEALED_CHUNK_LEN);
    this.held = 0;
    return Array.from({ length: Math.ceil(whole / SEALED_CHUNK_LEN) }, (_, at) => this.bytes.subarray(at * SEALED_CHUNK_LEN, Math.min((at + 1) * SEALED_CHUNK_LEN, whole)));
  }
}

function damaged(): never {
  throw new TransferError("file_damaged");
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
