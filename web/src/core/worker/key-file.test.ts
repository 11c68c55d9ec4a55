import { expect, test } from "vitest";
import { KeyFile } from "./key-file";
import type { PageFile } from "./record-keys";

/** A file that can stop after so many writes. */
class MemoryFile implements PageFile {
  bytes = new Uint8Array(512);
  writes = Infinity;

  getSize(): number {
    return this.bytes.length;
  }
  read(into: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    into.set(this.bytes.subarray(at, at + into.length));
    return into.length;
  }
  write(bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    if (this.writes-- > 0) this.bytes.set(bytes, at);
    return bytes.length;
  }
  truncate(): void {}
  flush(): void {}
  close(): void {}
}

const key = (seed: number, length = 60): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => (seed + index) % 256);

test("what was written last is read, and nothing of what was there before is left", () => {
  const file = new MemoryFile();
  const keys = new KeyFile(file);
  expect(keys.read()).toBeNull();
  for (let seed = 1; seed < 600; seed++) {
    const bytes = key(seed, 50 + (seed % 70));
    keys.write(bytes);
    expect(new KeyFile(file).read()).toEqual(bytes);
    const before = key(seed - 1, 50).join(",");
    expect(file.bytes.join(",").includes(before)).toBe(false);
  }
  keys.wipe();
  expect(keys.read()).toBeNull();
  expect(file.bytes.every((byte) => byte === 0)).toBe(true);
});

test("a stop at any step leaves the old key or the new one", () => {
  for (const [writes, expected] of [[0, 1], [1, 2], [2, 2]] as const) {
    const file = new MemoryFile();
    new KeyFile(file).write(key(1));
    file.writes = writes;
    new KeyFile(file).write(key(2));
    expect(new KeyFile(file).read(), `after ${writes.toString()} writes`).toEqual(key(expected));
    file.writes = Infinity;
    new KeyFile(file).write(key(3));
    expect(new KeyFile(file).read()).toEqual(key(3));
  }
});

test("what is longer than a key is refused", () => {
  expect(() => new KeyFile(new MemoryFile()).write(key(1, 127))).toThrow();
});
