/** The local store: IndexedDB, every value sealed by the core before it comes here; the keys of the values beside it. */
import { RecordKeys, type KeptRecord } from "./record-keys";

const NAME = "conclave";
const VERSION = 1;
const RECORDS = "records";
const KEYS = "keys";
const WRAPPED = "storage-key";
/** File of the keys of records, in the origin's own file system. */
const PAGE = "record-keys";

/** Another worker of this origin had the file until it ended a moment ago: how often it is tried again, and after what. */
const PAGE_TRIES = 20;
const PAGE_WAIT_MS = 250;

/** The storage key as it is kept: sealed under a key that the browser never gives out. */
interface WrappedKey {
  wrapping: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

export class Store {
  private readonly db: IDBDatabase;
  /** Nothing where the browser has no such files, as in some private windows: the keys are with the records then. */
  private readonly keys: RecordKeys | null;

  private constructor(db: IDBDatabase, keys: RecordKeys | null) {
    this.db = db;
    this.keys = keys;
    db.onversionchange = () => db.close();
  }

  static async open(): Promise<Store> {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(RECORDS);
      opening.result.createObjectStore(KEYS);
    };
    const db = await result(opening);
    return new Store(db, await openKeys());
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
    return kept.map(([name, record]) => [name, record instanceof Uint8Array ? record : new Uint8Array(0)]);
  }

  /** Resolves once all of it is on the disk; nothing of it is there when this rejects. */
  async write(records: readonly [string, Uint8Array | null][], wipe: boolean): Promise<void> {
    const change = this.keys?.put(records, wipe);
    try {
      const transaction = this.db.transaction(RECORDS, "readwrite", { durability: "strict" });
      const store = transaction.objectStore(RECORDS);
      if (wipe) store.clear();
      for (const [name, value] of change?.kept ?? records) {
        if (value) store.put(value, name);
        else store.delete(name);
      }
      await done(transaction);
    } catch (error) {
      change?.undo();
      throw error;
    }
    change?.done();
  }

  /**
   * The key that seals the records: 32 random bytes, made when there are none, and kept sealed under a
   * non-extractable key of WebCrypto. Whoever copies the files of the browser's profile gets it with effort, a
   * script of another origin never. The caller wipes it. Nothing where it is kept but does not open.
   */
  async storageKey(): Promise<Uint8Array<ArrayBuffer> | null> {
    const kept = (await result(this.db.transaction(KEYS, "readonly").objectStore(KEYS).get(WRAPPED))) as
      | WrappedKey
      | undefined;
    if (kept) {
      const opening = crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, kept.wrapping, kept.sealed);
      return opening.then((key) => new Uint8Array(key)).catch(() => null);
    }
    const key = crypto.getRandomValues(new Uint8Array(32));
    const wrapping = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapping, key);
    const wrapped: WrappedKey = { wrapping, iv, sealed };
    const transaction = this.db.transaction(KEYS, "readwrite", { durability: "strict" });
    transaction.objectStore(KEYS).put(wrapped, WRAPPED);
    await done(transaction);
    return key;
  }

  /** Forgets everything, the storage key included. */
  async wipe(): Promise<void> {
    const transaction = this.db.transaction([RECORDS, KEYS], "readwrite", { durability: "strict" });
    transaction.objectStore(RECORDS).clear();
    transaction.objectStore(KEYS).clear();
    await done(transaction);
    this.keys?.wipe();
  }

  close(): void {
    this.keys?.close();
    this.db.close();
  }
}

async function openKeys(): Promise<RecordKeys | null> {
  let page: FileSystemFileHandle;
  try {
    const folder = await navigator.storage.getDirectory();
    page = await folder.getFileHandle(PAGE, { create: true });
    if (!("createSyncAccessHandle" in page)) return null;
  } catch {
    return null;
  }
  for (let tries = 1; ; tries++) {
    try {
      return new RecordKeys(await page.createSyncAccessHandle());
    } catch (error) {
      if (tries >= PAGE_TRIES) throw error;
      await new Promise((again) => setTimeout(again, PAGE_WAIT_MS));
    }
  }
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
