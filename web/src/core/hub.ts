/**
 * Two tabs are one device: the one core serves every tab. The hub gives each tab what is its own: the answers to
 * its commands, the messages of the rooms that it shows and who types there, and the call, if it is the tab that joined.
 */
import type { Command } from "./generated/Command";
import type { Event } from "./generated/Event";
import type { Reply } from "./generated/Reply";
import { end } from "./media-updates.mjs";
import type { MediaBytes } from "./wire";

/** A tab, in this browser window or another one. */
export interface Tab {
  readonly id: string;
  event(event: Event): void;
  /** For the tab's frame worker; may take the bytes away. */
  media(update: MediaBytes): void;
}

/** Commands about the call that one is in: only the tab of the call gives them. */
const OF_THE_CALL: ReadonlySet<Command["type"]> = new Set([
  "leave_call",
  "media_offer",
  "show_video",
  "set_media",
  "say_in_call",
  "react",
  "ask_participant",
  "admit_guests",
  "deny_guest",
]);

/** What only the tab may ask that pairs this device with another. */
const OF_THE_PAIRING: ReadonlySet<Command["type"]> = new Set(["admit_paired", "join_paired", "end_pairing"]);

export class Hub {
  private readonly forward: (id: number, command: Command) => void;
  private readonly tabs = new Map<string, Tab>();
  /** Commands without an answer yet, by the id that the core knows. */
  private readonly open = new Map<number, { tab: string; id: number }>();
  private nextId = 1;
  /** Who shows a room. */
  private readonly viewers = new Map<string, Set<string>>();
  private callTab: string | null = null;
  /** The `join_call` that the core has not answered yet. */
  private joining: number | null = null;
  private pairingTab: string | null = null;
  /** Tabs that want to begin a pairing, by the id of the command. Until the core has begun it, an earlier one goes on. */
  private readonly pairing = new Map<number, string>();
  private session: Event | null = null;
  private rooms: Event | null = null;
  private lock: Event | null = null;

  constructor(forward: (id: number, command: Command) => void) {
    this.forward = forward;
  }

  /** A tab is there: tells it the present state. */
  join(tab: Tab): void {
    this.tabs.set(tab.id, tab);
    if (this.session) tab.event(this.session);
    if (this.rooms) tab.event(this.rooms);
    if (this.lock) tab.event(this.lock);
    if (tab.id !== this.callTab) endCall(tab);
    if (tab.id !== this.pairingTab) tab.event(NO_PAIRING);
  }

  /** A tab is gone: takes back what it asked for. */
  leave(id: string): void {
    if (!this.tabs.delete(id)) return;
    for (const [room, viewers] of this.viewers) {
      if (viewers.delete(id) && viewers.size === 0) this.own({ type: "close_room", room_id: room });
    }
    if (this.callTab === id) {
      this.callTab = null;
      this.own({ type: "leave_call" });
    }
    if (this.pairingTab === id) {
      this.pairingTab = null;
      this.own({ type: "end_pairing" });
    }
  }

  command(tab: string, id: number, command: Command): void {
    const answer = this.answerAlone(tab, command);
    if (answer) return this.tabs.get(tab)?.event({ type: "reply", id, reply: answer });
    const coreId = this.nextId++;
    this.open.set(coreId, { tab, id });
    if (command.type === "join_call") this.joining = coreId;
    if (command.type === "open_pairing" || command.type === "enter_pairing") this.pairing.set(coreId, tab);
    this.forward(coreId, command);
  }

  /** Something that the core tells. */
  event(event: Event): void {
    switch (event.type) {
      case "reply":
        return this.reply(event.id, event.reply);
      case "call":
        // The end of the call before, which its tab heard when this one joined.
        if (event.call === null && this.joining !== null) return;
        if (this.callTab !== null) this.tabs.get(this.callTab)?.event(event);
        if (event.call === null) this.callTab = null;
        return;
      case "call_messages":
      case "call_reaction":
      case "call_ask":
      case "call_moderated":
      case "slots":
        return this.callTab === null ? undefined : this.tabs.get(this.callTab)?.event(event);
      case "pairing":
        return this.pairingTab === null ? undefined : this.tabs.get(this.pairingTab)?.event(event);
      case "messages":
      case "typing":
        for (const viewer of this.viewers.get(event.room_id) ?? []) this.tabs.get(viewer)?.event(event);
        return;
      case "session":
        this.session = event;
        break;
      case "rooms":
        this.rooms = event;
        break;
      case "store_lock":
        this.lock = event;
        break;
      case "notice":
      case "contacts_changed":
        break;
    }
    for (const tab of this.tabs.values()) tab.event(event);
  }

  /** Whether a tab is in a call. */
  get isInCall(): boolean {
    return this.callTab !== null;
  }

  media(update: MediaBytes): void {
    const tab = this.callTab === null ? undefined : this.tabs.get(this.callTab);
    if (tab) tab.media(update);
    else update.fill(0);
  }

  /** The core is lost: nothing that is open will be answered, and the call is over. */
  lost(code: string): void {
    for (const coreId of this.open.keys()) this.reply(coreId, failed(code));
    if (this.callTab !== null) this.hangUp(this.callTab);
    this.callTab = null;
    if (this.pairingTab !== null) this.tabs.get(this.pairingTab)?.event(NO_PAIRING);
    this.pairingTab = null;
    this.viewers.clear();
  }

  private reply(coreId: number, reply: Reply): void {
    const asked = this.open.get(coreId);
    this.open.delete(coreId);
    if (coreId === this.joining) this.joining = null;
    const pairing = this.pairing.get(coreId);
    this.pairing.delete(coreId);
    if (pairing !== undefined && reply.type === "done") this.pairingTab = this.tabs.has(pairing) ? pairing : null;
    if (asked) this.tabs.get(asked.tab)?.event({ type: "reply", id: asked.id, reply });
  }

  /** What the core need not know, because it serves all tabs at once. */
  private answerAlone(tab: string, command: Command): Reply | null {
    if (OF_THE_CALL.has(command.type) && this.callTab !== tab) {
      return command.type === "leave_call" ? { type: "done" } : failed("call_gone");
    }
    if (OF_THE_PAIRING.has(command.type) && this.pairingTab !== tab) {
      return command.type === "end_pairing" ? { type: "done" } : failed("pairing_over");
    }
    switch (command.type) {
      case "open_room":
        this.viewers.set(command.room_id, (this.viewers.get(command.room_id) ?? new Set()).add(tab));
        return null;
      case "close_room": {
        const viewers = this.viewers.get(command.room_id);
        viewers?.delete(tab);
        return viewers && viewers.size > 0 ? { type: "done" } : null;
      }
      case "join_call":
        if (this.callTab !== null && this.callTab !== tab) this.hangUp(this.callTab);
        this.callTab = tab;
        return null;
      default:
        return null;
    }
  }

  /** The call goes on elsewhere, or not at all. */
  private hangUp(id: string): void {
    const tab = this.tabs.get(id);
    if (!tab) return;
    tab.media(end());
    endCall(tab);
  }

  private own(command: Command): void {
    this.forward(this.nextId++, command);
  }
}

const NO_PAIRING: Event = { type: "pairing", pairing: null };

function endCall(tab: Tab): void {
  tab.event({ type: "call", call: null });
  tab.event({ type: "slots", slots: [], watched: [] });
}

export function failed(code: string): Reply {
  return { type: "failed", value: { code, params: {} } };
}
