import type { CallView } from "../core/generated/CallView";
import type { PairingView } from "../core/generated/PairingView";
import type { RoomView } from "../core/generated/RoomView";
import type { SessionView } from "../core/generated/SessionView";
import { callEventText, noticeText } from "../i18n/codes";
import { Board } from "./board";
import { CallChat } from "./call-chat";
import { Commands } from "./commands";
import { UNOPENED, withMessages, type Conversation } from "./conversation";
import type { CoreEvent, DeviceClient, Failure } from "./core";
import { Countdowns } from "./countdowns";
import { Drafts } from "./drafts";
import { Store, type Readable } from "./observable";
import { Preferences, type KeyValue } from "./preferences";
import { Reactions } from "./reactions";
import { RoomPictures } from "./room-pictures";
import { TypingHere } from "./typing";
import { Writings } from "./writing";

/** The session; `starting` until the core has spoken for the first time. */
export type Session = { readonly state: "starting" } | SessionView;

/** A message and where it is. */
export interface Sought {
  readonly roomId: string;
  readonly messageId: string;
}

/** Nobody is typing. */
const NOBODY: readonly string[] = [];

/** Notices that interrupt, because something of the person's is at stake. */
const URGENT_NOTICES = new Set(["removed_from_room", "room_deleted", "room_lost", "rolled_back", "server_untrusted", "store_failed", "call_messages_lost", "act_refused"]);

/** The whole state of the app, kept up to date from the core's events. Knows neither React nor the DOM. */
export class Client {
  readonly session = new Store<Session>({ state: "starting" });
  /** Nothing until the core has told the rooms. */
  readonly rooms = new Store<readonly RoomView[] | null>(null);
  readonly call = new Store<CallView | null>(null);
  /** Whether the store of this browser has a lock. */
  readonly hasLock = new Store(false);
  /** Rises when something about contacts is other than before: what is shown of them is asked for again. */
  readonly contacts = new Store(0);
  /** How the pairing of this device with another stands. */
  readonly pairing = new Store<PairingView | null>(null);
  readonly callChat = new CallChat();
  readonly reactions = new Reactions();
  /** Code of the invitation that is being accepted here: its page is where the session begins. */
  readonly accepting = new Store<string | null>(null);
  /** Room whose call the person takes: it is joined without more questions. */
  readonly answering = new Store<string | null>(null);
  readonly board = new Board();
  /** The newest notice of the core. */
  readonly told = new Store<Failure | null>(null);
  readonly preferences: Preferences;
  readonly commands: Commands;
  readonly drafts: Drafts;
  readonly pictures: RoomPictures;
  /** Where the person is typing. */
  readonly typingHere: TypingHere;
  /** A message that the page of its room is to lead to, once it shows. */
  readonly sought = new Store<Sought | null>(null);
  /** What is looked for among the rooms; it stays while their list is out of sight. */
  readonly query = new Store("");
  /** What is answered, or changed, and how long it is to live, per room. */
  readonly writings = new Writings();
  /** What is left of messages that end. */
  readonly countdowns = new Countdowns();
  /** Text per room (and apart from it per room's quick reply) of which nobody knows whether it was taken, with the id under which it is tried again. */
  readonly untaken = new Map<string, { readonly text: string; readonly messageId: string }>();
  readonly #conversations = new Map<string, Store<Conversation>>();
  readonly #typing = new Map<string, Store<readonly string[]>>();
  readonly #unsubscribe: () => void;
  readonly #core: DeviceClient;

  constructor(core: DeviceClient, keep: KeyValue) {
    this.#core = core;
    this.preferences = new Preferences(keep);
    this.commands = new Commands(core);
    this.pictures = new RoomPictures(this.commands);
    this.drafts = new Drafts((roomId, draft) => void this.commands.saveDraft(roomId, draft));
    this.typingHere = new TypingHere((roomId, on) => void this.commands.setTyping(roomId, on));
    this.#unsubscribe = core.onEvent((event) => {
      this.#hear(event);
    });
  }

  /** The messages of a room; `UNOPENED` until it is opened. */
  conversation(roomId: string): Readable<Conversation> {
    return this.#conversation(roomId);
  }

  /** Names of who is typing in a room that is open, as they began. */
  typing(roomId: string): Readable<readonly string[]> {
    return this.#typingIn(roomId);
  }

  /** Shows a room's messages and keeps them up to date until the returned function is called. */
  openRoom(roomId: string): () => void {
    void this.commands.openRoom(roomId);
    return () => {
      void this.commands.closeRoom(roomId);
      this.#conversation(roomId).set(UNOPENED);
      this.#typingIn(roomId).set(NOBODY);
    };
  }

  /** Has the page of a room lead to one of its messages. */
  lookAt(roomId: string, messageId: string): void {
    this.sought.set({ roomId, messageId });
  }

  /** The person did something; after so long without, the store is locked. Nothing: it is not. */
  active(idleMs: number | null): void {
    this.#core.active(idleMs);
  }

  /** Locks the store, if it has a lock. What was typed last is kept before. */
  lock(): void {
    this.drafts.flush();
    this.#core.lock();
  }

  /** Stops listening to the core. */
  close(): void {
    this.#unsubscribe();
  }

  #conversation(roomId: string): Store<Conversation> {
    let store = this.#conversations.get(roomId);
    if (!store) {
      store = new Store(UNOPENED);
      this.#conversations.set(roomId, store);
    }
    return store;
  }

  #typingIn(roomId: string): Store<readonly string[]> {
    let store = this.#typing.get(roomId);
    if (!store) {
      store = new Store(NOBODY);
      this.#typing.set(roomId, store);
    }
    return store;
  }

  #hear(event: CoreEvent): void {
    switch (event.type) {
      case "session":
        if (event.session.state === "locked") this.drafts.flush();
        if (event.session.state !== "signed_in") this.#forget();
        this.session.set(event.session);
        return;
      case "rooms":
        this.rooms.set(event.rooms.filter((room) => room.kind !== "own"));
        return;
      case "messages": {
        const unread = this.rooms.get()?.find((room) => room.room_id === event.room_id)?.unread ?? 0;
        this.#conversation(event.room_id).update((before) => withMessages(before, event, unread));
        return;
      }
      case "typing":
        this.#typingIn(event.room_id).set(event.names);
        return;
      case "call":
        if (event.call === null) this.#forgetCall();
        this.call.set(event.call);
        return;
      case "pairing":
        this.pairing.set(event.pairing);
        return;
      case "call_messages":
        this.callChat.take(event);
        return;
      case "call_reaction":
        this.reactions.take(event.leaf, event.reaction);
        return;
      case "notice":
        this.told.set(event.notice);
        this.board.notify(URGENT_NOTICES.has(event.notice.code) ? "alert" : "status", (t) => noticeText(t, event.notice));
        return;
      case "call_moderated":
        this.board.notify("status", (t) => callEventText(t, event.event));
        return;
      case "store_lock":
        this.hasLock.set(event.on);
        return;
      case "contacts_changed":
        this.contacts.update((revision) => revision + 1);
        return;
      case "call_ask":
      case "slots":
        // The media's business.
        return;
    }
  }

  #forgetCall(): void {
    this.callChat.clear();
    this.reactions.clear();
  }

  #forget(): void {
    this.board.clear();
    this.told.set(null);
    this.rooms.set(null);
    this.#forgetCall();
    this.call.set(null);
    this.pictures.clear();
    this.drafts.clear();
    this.typingHere.clear();
    this.sought.set(null);
    this.query.set("");
    this.writings.clear();
    this.untaken.clear();
    this.#conversations.clear();
    this.#typing.clear();
  }
}
