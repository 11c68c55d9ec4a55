/** Files without a worker: uploads go as tests say, downloads give what was uploaded, or a painted picture. */
import type { FileCard } from "../core/generated/FileCard";
import type { Transfer, Uploaded, UploadWish } from "../files/client";
import { Trays } from "../files/trays";
import { Uploads } from "../files/uploads";
import { follow, type Files } from "../files/files";
import type { LiveUploads } from "../files/live";
import type { Bytes, Progress, SealedFile, Target, UploadTicket } from "../files/wire";
import type { Client } from "../state/client";
import { Store } from "../state/observable";
import { failure, success, type Outcome } from "../state/outcome";

export interface FakeUpload {
  readonly wish: UploadWish;
  readonly ticket: UploadTicket;
  readonly progress: Store<Progress>;
  /** What came of it; it is noted as a whole before it is done. */
  finish(): Promise<void>;
  fail(code: string): void;
  cancelled: boolean;
}

export interface FakeDownload {
  readonly file: SealedFile;
  readonly mediaType: string;
  readonly to: Target;
  end(outcome: Outcome<Blob>): void;
}

/** What a test ends. */
class Later<T> {
  readonly done: Promise<T>;
  end: (value: T) => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

const bytes = (length: number, value: number): Bytes => new Uint8Array(length).fill(value);

export class FakeTransfers {
  readonly uploads: FakeUpload[] = [];
  readonly downloads: FakeDownload[] = [];
  /** What a download gives at once; null: tests end it. */
  give: ((file: SealedFile, mediaType: string) => Promise<Blob>) | null = null;
  nudged = 0;

  upload(wish: UploadWish): Transfer<Uploaded> {
    const number = this.uploads.length + 1;
    const ticket = wish.resume?.ticket ?? { blobId: `blob-${String(number)}`, key: bytes(32, number), nonceBase: bytes(7, number), uploadSecret: bytes(32, number) };
    const progress = new Store<Progress>({ done: 0, total: wish.file.size, state: "running" });
    const { done, end } = new Later<Outcome<Uploaded>>();
    const noted = wish.note?.({ ticket, checkpoint: wish.resume?.checkpoint ?? null }).then(
      () => true,
      () => {
        end(failure("file_cancelled"));
        return false;
      },
    );
    const upload: FakeUpload = {
      wish,
      ticket,
      progress,
      cancelled: false,
      finish: async () => {
        await noted;
        await wish.note?.({ ticket, checkpoint: { sealed: wish.file.size, hash: bytes(32, 9) } });
        end(success({ file: { ...ticket, size: wish.file.size, hash: bytes(32, 9) }, uploadSecret: ticket.uploadSecret }));
      },
      fail: (code) => end(failure(code)),
    };
    this.uploads.push(upload);
    const cancel = (): void => {
      upload.cancelled = true;
      end(failure("file_cancelled"));
    };
    return { progress, done, cancel };
  }

  download(file: SealedFile, mediaType: string, to: Target): Transfer<Blob> {
    const progress = new Store<Progress>({ done: 0, total: file.size, state: "running" });
    const { done, end } = new Later<Outcome<Blob>>();
    this.downloads.push({ file, mediaType, to, end });
    void this.give?.(file, mediaType).then((blob) => end(success(blob)));
    return { progress, done, cancel: () => end(failure("file_cancelled")) };
  }

  nudge(): void {
    this.nudged += 1;
  }

  halt(): void {
    for (const upload of this.uploads) upload.fail("file_cancelled");
  }
}

/** Nobody else has a page. */
export const NO_OTHER_PAGE: LiveUploads = { hold: () => () => undefined, held: () => Promise.resolve(new Set()) };

export interface FakeFiles extends Files {
  readonly fake: FakeTransfers;
}

export function fakeFiles(client: Client, fake = new FakeTransfers()): FakeFiles {
  const files = { source: fake, uploads: new Uploads(client.commands, fake, NO_OTHER_PAGE), trays: new Trays(), fake };
  follow(client, files);
  return files;
}

/** What a message says of a file. */
export function fileCardOf(name: string, mediaType: string, change: Partial<FileCard> = {}): FileCard {
  return {
    blob_id: `blob-of-${name}`,
    name,
    media_type: mediaType,
    size: 482_133,
    key: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    nonce_base: "AAAAAAAAAA",
    hash: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    may_save: true,
    width: null,
    height: null,
    duration_ms: null,
    waveform: null,
    thumbnail: null,
    ...change,
  };
}
