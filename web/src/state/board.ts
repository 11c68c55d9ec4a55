import type { Translate } from "../i18n/translate";
import { Store } from "./observable";

/** A text that does not know its language yet. */
export type Wording = (t: Translate) => string;

/** Something that is said to the person beside what they do. */
export interface Notice {
  readonly id: number;
  /** `alert` interrupts a screen reader and stays until dismissed; `status` waits its turn and goes by itself. */
  readonly urgency: "status" | "alert";
  readonly text: Wording;
}

/** Notices that are shown at once; beyond it the oldest goes. */
const MAX_NOTICES = 4;

/** What is shown in the corner, and what is said to screen readers only. */
export class Board {
  readonly notices = new Store<readonly Notice[]>([]);
  /** The newest announcement; the id makes equal texts differ. */
  readonly announcement = new Store<{ readonly id: number; readonly text: Wording } | null>(null);
  #nextId = 1;

  notify(urgency: Notice["urgency"], text: Wording): void {
    const notice = { id: this.#nextId++, urgency, text };
    this.notices.update((notices) => [...notices, notice].slice(-MAX_NOTICES));
  }

  dismiss(id: number): void {
    this.notices.update((notices) => notices.filter((notice) => notice.id !== id));
  }

  /** Nothing that was said stays: it may name rooms, people and files. */
  clear(): void {
    this.notices.set([]);
    this.announcement.set(null);
  }

  /** For screen readers alone, politely. */
  announce(text: Wording): void {
    this.announcement.set({ id: this.#nextId++, text });
  }
}
