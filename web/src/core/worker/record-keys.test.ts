import { expect, test } from "vitest";
import { RecordKeys, type KeptRecord, type PageFile } from "./record-keys";

/** A file that forgets what was not flushed when it is opened again. */
class MemoryFile implements PageFile {
  bytes = new Uint8Array(0);
  durable = new Uint8Array(0);

  getSize(): number {
    return this.bytes.length;
  }
  read(into: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    into.set(this.bytes.subarray(at, at + into.length));
    return into.length;
  }
  write(bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    if (this.bytes.length < at + bytes.length) {
      const longer = new Uint8Array(at + bytes.length);
      longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes.set(bytes, at);
    return bytes.length;
  }
  truncate(size: number): void {
    this.bytes = this.bytes.slice(0, size);
  }
  flush(): void {
    this.durable = this.bytes.slice();
  }
  close(): void {
    this.flush();
  }
  /** As after a crash. */
  crashed(): MemoryFile {
    const file = new MemoryFile();
    file.bytes = this.durable.slice();
    file.flush();
    return file;
  }
}

/** A database in memory, in front of which the keys stand. */
class Model {
  readonly database = new Map<string, KeptRecord>();
  file = new MemoryFile();
  keys = new RecordKeys(this.file);

  write(records: readonly [string, Uint8Array | null][], { wipe = false, stop = null }: { wipe?: boolean; stop?: "before" | "between" | null } = {}): void {
    const { kept, done } = this.keys.put(records, wipe);
    if (stop === "before") return;
    if (wipe) this.database.clear();
    for (const [name, record] of kept) {
      if (record) this.database.set(name, record);
      else this.database.delete(name);
    }
    if (stop === "between") return;
    done();
    this.keys.eraseDoomed();
  }

  start(): Map<string, Uint8Array> {
    this.file = this.file.crashed();
    this.keys = new RecordKeys(this.file);
    return new Map(this.keys.open([...this.database]));
  }

  cellsInUse(): number {
    let used = 0;
    for (let at = 0; at < this.file.bytes.length; at += 64) used += this.file.bytes[at] === 0 ? 0 : 1;
    return used;
  }
}

/** A sealed record: version 1, a nonce and a key that are told apart by `seed`, then its content. */
function sealed(seed: number, length = 100): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index === 0 ? 1 : (seed * 131 + index * index * (2 * seed + 3)) % 251));
}

/** Whether the key of a record is anywhere in the file or in the database. */
function hasKey(model: Model, record: Uint8Array): boolean {
  const key = record.subarray(13, 61);
  const contains = (bytes: Uint8Array): boolean => bytes.join(",").includes(key.join(","));
  return contains(model.file.bytes) || [...model.database.values()].some((kept) => contains(kept instanceof Uint8Array ? kept : kept.rest));
}

test("what was stored is there after a start, and the database has no key of it", () => {
  const model = new Model();
  const [a, b] = [sealed(1), sealed(2, 61)];
  model.write([["a", a], ["b", b]]);
  for (const kept of model.database.values()) expect(kept).not.toBeInstanceOf(Uint8Array);
  expect(model.start()).toEqual(new Map([["a", a], ["b", b]]));
  expect(hasKey(model, a)).toBe(true);
});

test("R50: the key of what was deleted or replaced is nowhere any more, and its place is used again", () => {
  const model = new Model();
  const [a, b, c] = [sealed(1), sealed(2), sealed(3)];
  model.write([["a", a], ["b", b]]);
  model.write([["a", null], ["b", c]]);
  expect([a, b, c].map((record) => hasKey(model, record))).toEqual([false, false, true]);
  expect(model.cellsInUse()).toBe(1);
  model.write([["d", sealed(4)], ["e", sealed(5)]]);
  expect(model.file.bytes.length).toBe(3 * 64);
  expect(model.start().get("e")).toEqual(sealed(5));
  model.write([["x", sealed(6)]], { wipe: true });
  expect(model.start()).toEqual(new Map([["x", sealed(6)]]));
  expect(model.cellsInUse()).toBe(1);
  model.keys.wipe();
  expect(model.file.bytes.length).toBe(0);
});

test("R50: a stop at any step leaves what is stored readable, and no key without its record", () => {
  for (const stop of ["before", "between"] as const) {
    const model = new Model();
    model.write([["a", sealed(1)], ["b", sealed(2)]]);
    model.write([["a", null], ["b", sealed(3)], ["c", sealed(4)]], { stop });
    const before = new Map([["a", sealed(1)], ["b", sealed(2)]]);
    const after = new Map([["b", sealed(3)], ["c", sealed(4)]]);
    expect(model.start(), stop).toEqual(stop === "before" ? before : after);
    expect(model.cellsInUse(), stop).toBe(2);
    expect([1, 2, 3, 4].map((seed) => hasKey(model, sealed(seed))), stop).toEqual(stop === "before" ? [true, true, false, false] : [false, false, true, true]);
  }
});

test("a batch that the database refuses leaves the keys as they were", () => {
  const model = new Model();
  model.write([["a", sealed(1)]]);
  const { undo } = model.keys.put([["a", sealed(2)], ["b", sealed(3)]], false);
  undo();
  expect(model.cellsInUse()).toBe(1);
  expect(model.start()).toEqual(new Map([["a", sealed(1)]]));
});

test("records of before are read as they are, and get a cell when they are written", () => {
  const model = new Model();
  model.database.set("old", sealed(1));
  expect(model.start()).toEqual(new Map([["old", sealed(1)]]));
  model.write([["old", sealed(2)]]);
  expect(model.database.get("old")).not.toBeInstanceOf(Uint8Array);
  expect(model.start()).toEqual(new Map([["old", sealed(2)]]));
});

test("what is no sealed record, as the counter of batches, stays whole", () => {
  const model = new Model();
  const counter = Uint8Array.of(0, 0, 7);
  model.write([["batch", counter]]);
  expect(model.database.get("batch")).toEqual(counter);
  expect(model.start().get("batch")).toEqual(counter);
});

test("a record whose key was lost does not become another one", () => {
  const model = new Model();
  model.write([["a", sealed(1)]]);
  model.file = new MemoryFile();
  const opened = model.start().get("a");
  expect(opened).toHaveLength(100);
  expect(opened?.[0]).toBe(0);
});

test("a key goes after its record is gone for certain, and not with the record", () => {
  const model = new Model();
  model.write([["a", sealed(1)]]);
  const { kept, done } = model.keys.put([["a", sealed(2)]], false);
  const before = new Map(model.database);
  for (const [name, record] of kept) if (record) model.database.set(name, record);
  done();
  // The database has forgotten its last change.
  model.database.clear();
  for (const [name, record] of before) model.database.set(name, record);
  expect(model.start()).toEqual(new Map([["a", sealed(1)]]));
});

test("where the file fails, records stay whole, and their former keys go when it works again", () => {
  const model = new Model();
  model.write([["a", sealed(1)]]);
  const write = model.file.write.bind(model.file);
  model.file.write = () => 0;
  expect(() => model.keys.put([["a", sealed(2)]], false)).toThrow();
  const leave = model.keys.leave(["a"], false);
  model.database.set("a", sealed(2));
  leave();
  model.file.write = write;
  model.keys.eraseDoomed();
  expect(hasKey(model, sealed(1))).toBe(false);
  expect(model.start()).toEqual(new Map([["a", sealed(2)]]));
});
