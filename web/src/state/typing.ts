/** How long after the last key one is not typing any more: time to think of a word, and not of an answer. */
const PAUSE_MS = 5_000;

/** While keys come one after the other, the core hears of one in so long; when the others hear of it is its affair. */
const PACE_MS = 1_000;

/** Tells the core in which room the person is typing: of new messages, in the box, by hand. */
export class TypingHere {
  readonly #rooms = new Map<string, { readonly toldAt: number; readonly pause: ReturnType<typeof setTimeout> }>();
  readonly #tell: (roomId: string, on: boolean) => void;

  constructor(tell: (roomId: string, on: boolean) => void) {
    this.#tell = tell;
  }

  /** The box has this text now, by a key. */
  typed(roomId: string, text: string): void {
    if (text === "") {
      this.stop(roomId);
      return;
    }
    const before = this.#rooms.get(roomId);
    clearTimeout(before?.pause);
    const now = Date.now();
    const isTold = before !== undefined && now - before.toldAt < PACE_MS;
    const pause = setTimeout(() => this.stop(roomId), PAUSE_MS);
    this.#rooms.set(roomId, { toldAt: isTold ? before.toldAt : now, pause });
    if (!isTold) this.#tell(roomId, true);
  }

  /** What was typed is sent, or deleted, or left. */
  stop(roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    clearTimeout(room.pause);
    this.#rooms.delete(roomId);
    this.#tell(roomId, false);
  }

  /** Forgets all, and tells nobody. */
  clear(): void {
    for (const { pause } of this.#rooms.values()) clearTimeout(pause);
    this.#rooms.clear();
  }
}
