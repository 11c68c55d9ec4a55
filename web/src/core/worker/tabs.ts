/**
 * Which worker runs the device, and how the others reach it. The worker that holds the lock leads; it opens the
 * store anew when it gets it. The others send their commands over a BroadcastChannel, which only workers and pages
 * of this origin can hear.
 *
 * ```text
 *   follower ── hello, command, nudge ──► leader
 *            ◄── taken, event, media ────
 *   all      ◄── leads (when it begins, and to each who asks) ── leader
 * ```
 */
import { failed, type Tab } from "../hub";
import type { Command } from "../generated/Command";
import type { Event } from "../generated/Event";
import type { MediaBytes } from "../wire";
import { CallKeeper, ENTER_AGAIN } from "./call-keeper";
import { Device } from "./device";
import { Unanswered } from "./unanswered";

const CHANNEL = "conclave-device";
const LEADER_LOCK = "conclave-device";
const tabLock = (id: string) => `conclave-tab-${id}`;

type Message =
  | { type: "who-leads" }
  | { type: "leads"; from: string }
  /** The person did something in some tab; whoever leads next counts on from there. */
  | { type: "active"; idleMs: number | null; at: number }
  /** The storage key of a store with a lock, for whoever leads next; nothing once it is locked. */
  | { type: "key"; key: Uint8Array<ArrayBuffer> | null }
  | Addressed;

type Addressed =
  | { type: "hello"; from: string; to: string }
  | { type: "command"; from: string; to: string; id: number; command: Command }
  | { type: "nudge"; to: string }
  | { type: "lock"; to: string }
  | { type: "taken"; to: string; id: number }
  | { type: "event"; to: string; event: Event }
  | { type: "media"; to: string; update: MediaBytes };

/** The id of commands that nobody waits for. */
const NOBODY = 0;

export class Tabs {
  private readonly own: Tab;
  private readonly stopped: (locked: boolean) => void;
  private readonly channel = new BroadcastChannel(CHANNEL);
  private readonly call: CallKeeper;
  private device: Device | null = null;
  private key: Uint8Array<ArrayBuffer> | null = null;
  private hand: { readonly idleMs: number | null; readonly at: number } | null = null;
  private leader: string | null = null;
  /** Commands sent to another leader, and those that wait for one. */
  private readonly unanswered = new Unanswered();
  private readonly rooms = new Set<string>();

  /** `stopped` is called when the device of this worker ran and stopped. */
  constructor(own: Tab, stopped: (locked: boolean) => void) {
    this.call = new CallKeeper(
      (event) => own.event(event),
      (room_id) => this.command(ENTER_AGAIN, { type: "join_call", room_id }),
    );
    this.own = { id: own.id, event: (event) => this.call.hear(event), media: (update) => own.media(update) };
    this.stopped = stopped;
    // Held for as long as this worker lives: who waits for it learns of its end. Nobody may hear of this tab before,
    // or they could get the lock first, and take a tab that has only just come for one that is gone.
    void navigator.locks.request(tabLock(own.id), () => {
      this.begin();
      return new Promise<never>(() => {});
    });
  }

  command(id: number, command: Command): void {
    if (command.type === "open_room") this.rooms.add(command.room_id);
    if (command.type === "close_room") this.rooms.delete(command.room_id);
    if (command.type === "leave_call") this.call.leave();
    if (this.device) return this.device.hub.command(this.own.id, id, command);
    this.unanswered.ask(id, command);
    if (this.leader !== null) this.say({ type: "command", from: this.own.id, to: this.leader, id, command });
  }

  nudge(): void {
    if (this.device) this.device.nudge();
    else if (this.leader !== null) this.say({ type: "nudge", to: this.leader });
  }

  active(idleMs: number | null): void {
    const at = Date.now();
    this.touched(idleMs, at);
    this.say({ type: "active", idleMs, at });
  }

  lock(): void {
    if (this.device) this.device.lockNow();
    else if (this.leader !== null) this.say({ type: "lock", to: this.leader });
  }

  /** Each tab hears of it; the one with the socket acts. */
  lostNetwork(): void {
    this.device?.lostNetwork();
  }

  private begin(): void {
    this.channel.onmessage = ({ data }) => this.hear(data as Message);
    void navigator.locks.request(LEADER_LOCK, () => this.lead());
    this.say({ type: "who-leads" });
  }

  private async lead(): Promise<void> {
    this.device = new Device({ take: () => this.key, give: (key) => this.give(key) });
    if (this.hand) this.device.active(this.hand.idleMs, this.hand.at);
    const running = this.device.run();
    if (this.leader !== null) this.call.moved();
    this.device.hub.join(this.own);
    this.follow(this.own.id);
    this.say({ type: "leads", from: this.own.id });
    const { locked } = await running;
    this.stopped(locked);
    // The lock goes with the worker, not before: two cores on one store must not be.
    await new Promise<never>(() => {});
  }

  /** A leader is there, and is asked what another one did not answer. */
  private follow(leader: string): void {
    if (leader === this.leader) return;
    const before = this.leader;
    this.leader = leader;
    if (!this.device) {
      if (before !== null) this.call.moved();
      this.say({ type: "hello", from: this.own.id, to: leader });
    }
    for (const { id, command, again } of this.unanswered.takeAll()) {
      if (again) this.command(id, command);
      else this.own.event({ type: "reply", id, reply: failed("not_ready") });
    }
    if (before === null) return;
    for (const room_id of this.rooms) this.command(NOBODY, { type: "open_room", room_id });
  }

  private hear(message: Message): void {
    switch (message.type) {
      case "who-leads":
        return this.device ? this.say({ type: "leads", from: this.own.id }) : undefined;
      case "leads":
        return this.device ? undefined : this.follow(message.from);
      case "active":
        return this.touched(message.idleMs, message.at);
      case "key":
        return this.device ? undefined : this.keep(message.key);
      default:
        return message.to === this.own.id ? this.hearOwn(message) : undefined;
    }
  }

  private hearOwn(message: Addressed): void {
    switch (message.type) {
      case "hello":
        return this.welcome(message.from);
      case "command":
        if (!this.device) return;
        this.say({ type: "taken", to: message.from, id: message.id });
        return this.device.hub.command(message.from, message.id, message.command);
      case "taken":
        return this.unanswered.taken(message.id);
      case "nudge":
        return this.device?.nudge();
      case "lock":
        return this.device?.lockNow();
      case "event":
        if (message.event.type === "reply") this.unanswered.answered(message.event.id);
        return this.own.event(message.event);
      case "media":
        return this.own.media(message.update);
    }
  }

  private welcome(id: string): void {
    const hub = this.device?.hub;
    if (this.key) this.say({ type: "key", key: this.key });
    hub?.join({
      id,
      event: (event) => this.say({ type: "event", to: id, event }),
      media: (update) => {
        this.say({ type: "media", to: id, update });
        update.fill(0);
      },
    });
    void navigator.locks.request(tabLock(id), () => hub?.leave(id));
  }

  private touched(idleMs: number | null, at: number): void {
    this.hand = { idleMs, at };
    this.device?.active(idleMs, at);
  }

  private give(key: Uint8Array<ArrayBuffer> | null): void {
    this.keep(key);
    this.say({ type: "key", key });
  }

  private keep(key: Uint8Array<ArrayBuffer> | null): void {
    this.key?.fill(0);
    this.key = key;
  }

  private say(message: Message): void {
    this.channel.postMessage(message);
  }
}
