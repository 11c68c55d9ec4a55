import { VIEW_CHOICES, type ViewChoice } from "./layout";
import type { NoticeKind } from "./news";
import { Store } from "./observable";

/** Where preferences are kept; `localStorage` in the browser. Holds nothing that anybody wrote. */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Kinds of announcements, each can be switched off. */
export const ANNOUNCEMENT_KINDS = ["presence", "hand", "reactions", "chat", "sharing", "connection", "messages"] as const;
export type AnnouncementKind = (typeof ANNOUNCEMENT_KINDS)[number];

/** Choices about this page on this device. */
export interface PreferencesView {
  readonly singleKeyShortcuts: boolean;
  readonly announce: Readonly<Record<AnnouncementKind, boolean>>;
  /** How calls are laid out. */
  readonly callView: ViewChoice;
  /** Calls in direct rooms sound. */
  readonly ring: boolean;
  /** What the system tells of while the page is in the background. */
  readonly notify: Readonly<Record<NoticeKind, boolean>>;
  /** The person was asked whether it may. */
  readonly notifyAsked: boolean;
  /** Short answers are offered under the newest message of the other in a direct room. */
  readonly quickReplies: boolean;
  /** Do not disturb: nothing sounds, and the system tells nothing. */
  readonly quiet: boolean;
  /** The browser is woken for messages while the app is closed. */
  readonly wake: boolean;
  /** After how many minutes without a hand the store is locked, if it has a lock; 0: when the app is closed. */
  readonly lockAfter: LockAfter;
}

export const LOCK_AFTER = [5, 15, 60, 0] as const;
export type LockAfter = (typeof LOCK_AFTER)[number];

const DEFAULTS: PreferencesView = {
  singleKeyShortcuts: true,
  announce: { presence: true, hand: true, reactions: true, chat: true, sharing: true, connection: true, messages: true },
  callView: "auto",
  ring: true,
  notify: { messages: true, updates: true, administration: true },
  notifyAsked: false,
  quickReplies: true,
  quiet: false,
  wake: true,
  lockAfter: 15,
};

const KEY = "conclave.preferences";

/** Preferences that survive a reload. */
export class Preferences {
  readonly view: Store<PreferencesView>;
  readonly #keep: KeyValue;

  constructor(keep: KeyValue) {
    this.#keep = keep;
    this.view = new Store(read(keep));
  }

  setShortcuts(on: boolean): void {
    this.#change({ singleKeyShortcuts: on });
  }

  setAnnounce(kind: AnnouncementKind, on: boolean): void {
    this.#change({ announce: { ...this.#kept().announce, [kind]: on } });
  }

  setCallView(callView: ViewChoice): void {
    this.#change({ callView });
  }

  setRing(ring: boolean): void {
    this.#change({ ring });
  }

  setNotify(kind: NoticeKind, on: boolean): void {
    this.#change({ notify: { ...this.#kept().notify, [kind]: on } });
  }

  setNotifyAsked(): void {
    this.#change({ notifyAsked: true });
  }

  setQuickReplies(quickReplies: boolean): void {
    this.#change({ quickReplies });
  }

  setQuiet(quiet: boolean): void {
    this.#change({ quiet });
  }

  setWake(wake: boolean): void {
    this.#change({ wake });
  }

  setLockAfter(lockAfter: LockAfter): void {
    this.#change({ lockAfter });
  }

  /** Takes what another tab has changed. */
  reload(): void {
    this.view.set(read(this.#keep));
  }

  /** As it is kept now, also by other tabs; a private window may keep nothing. */
  #kept(): PreferencesView {
    try {
      if (this.#keep.getItem(KEY) === null) return this.view.get();
    } catch {
      return this.view.get();
    }
    return read(this.#keep);
  }

  /** What other tabs have changed meanwhile stays. */
  #change(change: Partial<PreferencesView>): void {
    const view = { ...this.#kept(), ...change };
    this.view.set(view);
    try {
      this.#keep.setItem(KEY, JSON.stringify(view));
    } catch {
      // A private window may refuse; the choice then holds until the page closes.
    }
  }
}

function read(keep: KeyValue): PreferencesView {
  try {
    const stored: unknown = JSON.parse(keep.getItem(KEY) ?? "null");
    if (typeof stored !== "object" || stored === null) return DEFAULTS;
    const { singleKeyShortcuts, announce, callView, ring, notify, notifyAsked, quickReplies, quiet, wake, lockAfter } = stored as Partial<PreferencesView>;
    return {
      singleKeyShortcuts: typeof singleKeyShortcuts === "boolean" ? singleKeyShortcuts : true,
      announce: { ...DEFAULTS.announce, ...announce },
      callView: VIEW_CHOICES.find((choice) => choice === callView) ?? DEFAULTS.callView,
      ring: typeof ring === "boolean" ? ring : true,
      notify: { ...DEFAULTS.notify, ...notify },
      notifyAsked: notifyAsked === true,
      quickReplies: quickReplies !== false,
      quiet: quiet === true,
      wake: typeof wake === "boolean" ? wake : true,
      lockAfter: LOCK_AFTER.find((minutes) => minutes === lockAfter) ?? DEFAULTS.lockAfter,
    };
  } catch {
    return DEFAULTS;
  }
}
