/** The local store: IndexedDB, every value sealed by the core before it comes here. */

const NAME = "conclave";
const VERSION = 1;
const RECORDS = "records";
const KEYS = "keys";
const WRAPPED = "storage-key";

/** The storage key as it is kept: sealed under a key that the browser never gives out. */
interface WrappedKey {
  wrapping: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

export class Store {
  private readonly db: IDBDatabase;

  private constructor(db: IDBDatabase) {
    this.db = db;
    db.onversionchange = () => db.close();
  }

  static async open(): Promise<Store> {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(RECORDS);
      opening.result.createObjectStore(KEYS);
    };
    return new Store(await result(opening));
  }

  async records(): Promise<[string, Uint8Array][]> {
    const store = this.db.transaction(RECORDS, "readonly").objectStore(RECORDS);
    const [names, values] = await Promise.all([result(store.getAllKeys()), result(store.getAll())]);
    return names.map((name, index) => [name as string, values[index] as Uint8Array]);
  }

  /** Resolves once all of it is on the disk; nothing of it is there when this rejects. */
  async write(records: readonly [string, Uint8Array | null][], wipe: boolean): Promise<void> {
    const transaction = this.db.transaction(RECORDS, "readwrite", { durability: "strict" });
    const store = transaction.objectStore(RECORDS);
    if (wipe) store.clear();
    for (const [name, value] of records) {
      if (value) store.put(value, name);
      else store.delete(name);
    }
    await done(transaction);
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
  }

  close(): void {
    this.db.close();
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
