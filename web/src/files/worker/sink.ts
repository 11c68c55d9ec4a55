/** Where a download goes. */
import type { Bytes, Target } from "../wire";
import { TransferError } from "./failures";

export interface Sink {
  /** Takes these bytes, which are nobody else's any more. */
  write(bytes: Bytes): void;
  /** All of it. */
  finish(): Promise<Blob>;
  /** What came is of no use. */
  drop(): Promise<void>;
}

/** Folder of the browser's own file store for what is being saved; emptied at each start. */
const FOLDER = "saving";

/** Into memory. The browser moves what is large to the disk by itself, as far as it does. */
export class MemorySink implements Sink {
  private parts: Bytes[] = [];
  private readonly mediaType: string;

  constructor(mediaType: string) {
    this.mediaType = mediaType;
  }

  write(bytes: Bytes): void {
    this.parts.push(bytes);
  }

  finish(): Promise<Blob> {
    const blob = new Blob(this.parts, { type: this.mediaType });
    this.parts = [];
    return Promise.resolve(blob);
  }

  drop(): Promise<void> {
    this.parts = [];
    return Promise.resolve();
  }
}

/** What a worker may do with a file of that store. */
interface SyncAccess {
  write(bytes: Uint8Array, options?: { at: number }): number;
  flush(): void;
  close(): void;
}

type StoredFile = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<SyncAccess> };

/** Into a file of the browser's own store, unsealed: for what is to be saved outside, where it is unsealed anyway. */
class DiskSink implements Sink {
  private readonly folder: FileSystemDirectoryHandle;
  private readonly name: string;
  private readonly file: FileSystemFileHandle;
  private readonly access: SyncAccess;
  private at = 0;

  constructor(folder: FileSystemDirectoryHandle, name: string, file: FileSystemFileHandle, access: SyncAccess) {
    this.folder = folder;
    this.name = name;
    this.file = file;
    this.access = access;
  }

  write(bytes: Bytes): void {
    try {
      if (this.access.write(bytes, { at: this.at }) !== bytes.length) throw new Error("written in part");
      this.at += bytes.length;
    } catch {
      throw new TransferError("file_store_full");
    } finally {
      bytes.fill(0);
    }
  }

  async finish(): Promise<Blob> {
    this.access.flush();
    this.access.close();
    return this.file.getFile();
  }

  async drop(): Promise<void> {
    this.access.close();
    await this.folder.removeEntry(this.name).catch(() => {});
  }
}

/** A place for a download; memory where the browser has no file store for workers. */
export async function openSink(target: Target, mediaType: string): Promise<Sink> {
  if (target === "memory") return new MemorySink(mediaType);
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    const name = crypto.randomUUID();
    const file: StoredFile = await folder.getFileHandle(name, { create: true });
    const access = await file.createSyncAccessHandle?.();
    if (access) return new DiskSink(folder, name, file, access);
  } catch {
    // A private window may have none.
  }
  return new MemorySink(mediaType);
}

/** Nobody takes longer from the end of a download to where the browser has saved it. */
const SAVED_AFTER_MS = 60 * 60 * 1_000;

/** Removes what earlier pages left. What is young may be on its way out of another tab. */
export async function clearStore(now: number): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER);
    for await (const handle of folder.values()) {
      if (handle.kind !== "file") continue;
      const { lastModified } = await handle.getFile();
      if (now - lastModified > SAVED_AFTER_MS) await folder.removeEntry(handle.name).catch(() => {});
    }
  } catch {
    // There is none.
  }
}
