import { nextChange } from "./timers";

/** Browsers fire a longer one at once. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** Tells when the time that is left of something is said in other words: one timer, set for the next of all. */
export class Countdowns {
  readonly #watched = new Map<() => void, { readonly endsAt: number; next: number | null }>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Hears each time that the words change, until the returned function is called. */
  watch(endsAt: number, listener: () => void): () => void {
    this.#watched.set(listener, { endsAt, next: nextChange(endsAt, Date.now()) });
    this.#wait();
    return () => {
      this.#watched.delete(listener);
      this.#wait();
    };
  }

  #wait(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const next = Math.min(...[...this.#watched.values()].map((each) => each.next ?? Infinity));
    if (next === Infinity) return;
    const wait = Math.min(Math.max(0, next - Date.now()), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => {
      this.#tell();
    }, wait);
  }

  #tell(): void {
    const now = Date.now();
    for (const [listener, each] of this.#watched) {
      if (each.next === null || each.next > now) continue;
      each.next = nextChange(each.endsAt, now);
      listener();
    }
    this.#wait();
  }
}
