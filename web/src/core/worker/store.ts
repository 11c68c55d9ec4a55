/** The local store: IndexedDB, every value sealed by the core before it comes here; the keys of the values beside it. */
import { KeyFile } from "./key-file";
import { RecordKeys, type Change, type KeptRecord, type PageFile } from "./record-keys";

const NAME = "conclave";
const VERSION = 1;
const RECORDS = "records";
const KEYS = "keys";
const WRAPPED = "storage-key";
/** File of the keys of records, in the origin's own file system. */
const PAGE = "record-keys";
/** File of the sealed storage key. */
const KEY = "storage-key";

/**
 * Keys of what was deleted or replaced are overwritten so long after: a browser that says too early that a change is on the disk
 * must not be left with a record whose key is gone.
 */
const ERASE_AFTER_MS = 1_000;

/** Another worker of this origin had the file until it ended a moment ago: how often it is tried again, and after what. */
const PAGE_TRIES = 20;
const PAGE_WAIT_MS = 250;

/**
 * What seals the storage key as it is kept: a key that the browser never gives out. What it sealed is in a file of its own; in a
 * browser without such files, and of earlier forms, here.
 */
interface WrappedKey {
  wrapping: CryptoKey;
  iv?: Uint8Array<ArrayBuffer>;
  sealed?: ArrayBuffer;
}

const IV_LEN = 12;

export class Store {
  private readonly db: IDBDatabase;
  /** Nothing where the browser has no such files, as in some private windows: the keys are with the records then. */
  private readonly keys: RecordKeys | null;

  private readonly keyFile: KeyFile | null;
  private erasing: ReturnType<typeof setTimeout> | undefined;

  private constructor(db: IDBDatabase, keys: RecordKeys | null, keyFile: KeyFile | null) {
    this.db = db;
    this.keys = keys;
    this.keyFile = keyFile;
    db.onversionchange = () => db.close();
  }

  static async open(): Promise<Store> {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(RECORDS);
      opening.result.createObjectStore(KEYS);
    };
    const db = await result(opening);
    const [page, key] = [await openFile(PAGE), await openFile(KEY)];
    return new Store(db, page && new RecordKeys(page), key && new KeyFile(key));
  }

  async records(): Promise<[string, Uint8Array][]> {
    const store = this.db.transaction(RECORDS, "readonly").objectStore(RECORDS);
    const [names, values] = await Promise.all([result(store.getAllKeys()), result(store.getAll())]);
    const kept = names.map((name, index): [string, KeptRecord] => [name as string, values[index] as KeptRecord]);
    if (this.keys) {
      const opened = this.keys.open(kept);
      // Those of a browser that had no such file before get their keys out of the database.
      const inline = new Set(kept.filter(([, record]) => record instanceof Uint8Array).map(([name]) => name));
      const moved = opened.filter(([name]) => inline.has(name));
      if (moved.length > 0) await this.write(moved, false);
      return opened;
    }
    return kept.map(([name, record]) => {
      // Another time the file may be there again: nothing is given up for it.
      if (!(record instanceof Uint8Array)) throw new Error("the file of record keys cannot be opened");
      return [name, record];
    });
  }

  /** Resolves once all of it is on the disk; nothing of it is there when this rejects. */
  async write(records: readonly [string, Uint8Array | null][], wipe: boolean): Promise<void> {
    const change = this.change(records, wipe);
    try {
      const transaction = this.db.transaction(RECORDS, "readwrite", { durability: "strict" });
      const store = transaction.objectStore(RECORDS);
      if (wipe) store.clear();
      for (const [name, value] of change.kept) {
        if (value) store.put(value, name);
        else store.delete(name);
      }
      await done(transaction);
    } catch (error) {
      change.undo();
      throw error;
    }
    change.done();
    if (!this.keys) return;
    clearTimeout(this.erasing);
    this.erasing = setTimeout(() => this.erase(), ERASE_AFTER_MS);
  }

  /** What the database is to have. A file that fails costs the erasing of these records, and not what they say. */
  private change(records: readonly [string, Uint8Array | null][], wipe: boolean): Change {
    const whole = records.map(([name, value]): [string, KeptRecord | null] => [name, value && value.slice()]);
    const nothing = { kept: whole, done: () => {}, undo: () => {} };
    if (!this.keys) return nothing;
    // Of batches before this one, which are on the disk for certain by now.
    this.erase();
    try {
      return this.keys.put(records, wipe);
    } catch (error) {
      console.error("the keys of records cannot be written: they stay with the records", error);
      return { ...nothing, done: this.keys.leave(records.map(([name]) => name), wipe) };
    }
  }

  private erase(): void {
    try {
      this.keys?.eraseDoomed();
    } catch (error) {
      // They are tried again with the next change, and at the next start.
      console.error("keys of records that are gone cannot be overwritten", error);
    }
  }

  /**
   * The key that seals the records: 32 random bytes, made when there are none; or, if it is longer, that key under a password.
   * Kept sealed under a non-extractable key of WebCrypto: whoever copies the files of the browser's profile gets it with
   * effort, a script of another origin never. The caller wipes it. Nothing where it is kept but does not open.
   */
  async keptKey(): Promise<Uint8Array<ArrayBuffer> | null> {
    const kept = await this.wrappedKey();
    if (!kept) {
      const key = crypto.getRandomValues(new Uint8Array(32));
      await this.keepKey(key);
      return key;
    }
    if (!kept.sealed && !this.keyFile) throw new Error("the file of the storage key cannot be opened");
    const inFile = this.keyFile?.read();
    const key =
      (await opened(kept.wrapping, inFile?.slice(0, IV_LEN), inFile?.slice(IV_LEN))) ?? (await opened(kept.wrapping, kept.iv, kept.sealed));
    // Of an earlier form: out of the database.
    if (key && kept.sealed && this.keyFile) await this.keepKey(key);
    return key;
  }

  /** Keeps it so from now on. What was kept before is not there any more when this resolves; a stop in between leaves one of them. */
  async keepKey(key: Uint8Array<ArrayBuffer>): Promise<void> {
    const kept = await this.wrappedKey();
    const wrapping = kept?.wrapping ?? (await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));
    const iv = crypto.getRandomValues(new Uint8Array(IV_LEN));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapping, key);
    // The file is of use only with the wrapping key, and goes first; the database has no other from then on.
    this.keyFile?.write(Uint8Array.of(...iv, ...new Uint8Array(sealed)));
    if (this.keyFile && kept && !kept.sealed) return;
    const wrapped: WrappedKey = this.keyFile ? { wrapping } : { wrapping, iv, sealed };
    const transaction = this.db.transaction(KEYS, "readwrite", { durability: "strict" });
    transaction.objectStore(KEYS).put(wrapped, WRAPPED);
    await done(transaction);
  }

  private async wrappedKey(): Promise<WrappedKey | undefined> {
    return (await result(this.db.transaction(KEYS, "readonly").objectStore(KEYS).get(WRAPPED))) as WrappedKey | undefined;
  }

  /** Forgets everything, the storage key included. */
  async wipe(): Promise<void> {
    const transaction = this.db.transaction([RECORDS, KEYS], "readwrite", { durability: "strict" });
    transaction.objectStore(RECORDS).clear();
    transaction.objectStore(KEYS).clear();
    // Their keys first: what a stop in between leaves is noise.
    this.keyFile?.wipe();
    this.keys?.wipe();
    await done(transaction);
  }

  close(): void {
    clearTimeout(this.erasing);
    this.keys?.close();
    this.keyFile?.close();
    this.db.close();
  }
}

/** Nothing where the browser has no such files. */
async function openFile(name: string): Promise<PageFile | null> {
  let handle: FileSystemFileHandle;
  try {
    const folder = await navigator.storage.getDirectory();
    handle = await folder.getFileHandle(name, { create: true });
    if (!("createSyncAccessHandle" in handle)) return null;
  } catch {
    return null;
  }
  for (let tries = 1; ; tries++) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (error) {
      if (tries >= PAGE_TRIES) throw error;
      await new Promise((again) => setTimeout(again, PAGE_WAIT_MS));
    }
  }
}

async function opened(wrapping: CryptoKey, iv: Uint8Array<ArrayBuffer> | undefined, sealed: BufferSource | undefined): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!iv || !sealed) return null;
  const opening = crypto.subtle.decrypt({ name: "AES-GCM", iv }, wrapping, sealed);
  return opening.then((key) => new Uint8Array(key)).catch(() => null);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("IndexedDB"));
  });
}
