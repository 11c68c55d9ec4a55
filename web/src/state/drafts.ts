/** How long one types on before a draft is stored: each letter would be a write of its own. */
const PAUSE_MS = 1_000;

/** What one began to write, by room: at hand at once, stored by the core once one pauses. */
export class Drafts {
  readonly #texts = new Map<string, string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #save: (roomId: string, draft: string) => void;

  constructor(save: (roomId: string, draft: string) => void) {
    this.#save = save;
  }

  /** What was typed here, or else what is stored. */
  get(roomId: string, stored: string): string {
    return this.#texts.get(roomId) ?? stored;
  }

  set(roomId: string, text: string): void {
    if (this.#texts.get(roomId) === text) return;
    this.#texts.set(roomId, text);
    clearTimeout(this.#timers.get(roomId));
    // What was sent is no draft any more: should the page end now, it must not come back.
    if (text === "") this.#store(roomId);
    else this.#timers.set(roomId, setTimeout(() => this.#store(roomId), PAUSE_MS));
  }

  /** Stores what is not stored yet, as when the page is left. */
  flush(): void {
    for (const roomId of this.#timers.keys()) this.#store(roomId);
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#texts.clear();
  }

  #store(roomId: string): void {
    clearTimeout(this.#timers.get(roomId));
    this.#timers.delete(roomId);
    this.#save(roomId, this.#texts.get(roomId) ?? "");
  }
}
