/**
 * The storage key as it is kept, in a file that is overwritten in place: a database keeps old values in its files for a while, and
 * with the one from before a lock was set, the lock would be none.
 *
 * Two halves, `counter(1) ‖ length(1) ‖ bytes`: the new one is on the disk before the old one goes, so that a stop in between
 * loses neither. The higher counter counts, around 256.
 */
import type { PageFile } from "./record-keys";

const HALF_LEN = 128;
const MAX_LEN = HALF_LEN - 2;

export class KeyFile {
  private readonly file: PageFile;

  constructor(file: PageFile) {
    this.file = file;
  }

  read(): Uint8Array<ArrayBuffer> | null {
    return this.newest()?.bytes ?? null;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > MAX_LEN) throw new Error("too long for a key");
    const before = this.newest();
    const place = before?.place === 0 ? 1 : 0;
    const half = new Uint8Array(HALF_LEN);
    half.set([((before?.counter ?? 0) + 1) % 256, bytes.length]);
    half.set(bytes, 2);
    this.file.write(half, { at: place * HALF_LEN });
    this.file.flush();
    this.erase(1 - place);
    half.fill(0);
  }

  wipe(): void {
    this.erase(0);
    this.erase(1);
  }

  close(): void {
    this.file.close();
  }

  private erase(place: number): void {
    this.file.write(new Uint8Array(HALF_LEN), { at: place * HALF_LEN });
    this.file.flush();
  }

  private newest(): { place: number; counter: number; bytes: Uint8Array<ArrayBuffer> } | null {
    const all = new Uint8Array(2 * HALF_LEN);
    this.file.read(all, { at: 0 });
    const [first, second] = [0, 1].map((place) => {
      const half = all.subarray(place * HALF_LEN, (place + 1) * HALF_LEN);
      const [counter = 0, length = 0] = half;
      return length > 0 && length <= MAX_LEN ? { place, counter, bytes: half.slice(2, 2 + length) } : null;
    });
    if (!first || !second) return first ?? second ?? null;
    return (second.counter - first.counter + 256) % 256 < 128 ? second : first;
  }
}
