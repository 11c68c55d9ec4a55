/** The device of this browser: its store, its core, and the hub that serves the tabs. Only the leader has one. */
import { failed, Hub } from "../hub";
import { LEAKING } from "../test-builds";
import type { Command } from "../generated/Command";
import type { Event } from "../generated/Event";
import type { Reply } from "../generated/Reply";
import type { DeviceCore } from "../generated/wasm/core";
import type { MediaBytes } from "../wire";
import { begin, load, lock, toJson, unlock } from "./begin";
import { Idle } from "./idle";
import { Leak } from "./leak";
import { Shell } from "./shell";
import { Store } from "./store";

/** A storage key that is kept longer than this is one under a password. */
const KEY_LEN = 32;

/** What was typed last is stored within this time after the lock was asked for. */
const LAST_WORDS_MS = 500;

const LOCKED: Event = { type: "session", session: { state: "locked" } };

/** The storage key of a store that has a lock, as long as it is open: the worker that leads next goes on with it. */
export interface Handover {
  take(): Uint8Array<ArrayBuffer> | null;
  /** Nothing: the store is locked, or has no lock. */
  give(key: Uint8Array<ArrayBuffer> | null): void;
}

export class Device {
  readonly hub = new Hub((id, command) => this.forward(id, command));
  private shell: Shell | null = null;
  private readonly leak = LEAKING ? new Leak() : null;
  private store: Store | null = null;
  /** While the store is locked: what opens it, and who waits for that. */
  private door: { locked: Uint8Array<ArrayBuffer>; open: (key: Uint8Array<ArrayBuffer> | null) => void } | null = null;
  /** The command to lock the store, or to do so no more, that the core has not answered yet. */
  private locking: { id: number; on: boolean; password: string } | null = null;
  private readonly idle = new Idle(() => !this.hub.isInCall, () => this.lockNow());
  private endByLock: () => void = () => {};
  /** The tabs were told that the store is locked. */
  private closing = false;
  private readonly handover: Handover;
  /** What came before the core was there. */
  private readonly early: { readonly id: number; readonly command: Command }[] = [];

  constructor(handover: Handover) {
    this.handover = handover;
  }

  /**
   * Runs until the core stops, or the store is locked, which it answers. What is left of its memory is not trusted, or
   * not to stay: the worker ends with it.
   */
  async run(): Promise<{ locked: boolean }> {
    let locked = false;
    try {
      await load();
      await this.serve();
      locked = true;
    } catch (error) {
      console.error("the core stopped", error);
    }
    this.shell?.stop();
    this.hub.lost(locked ? "not_ready" : "core_failed");
    return { locked };
  }

  /** The person did something then; after so long without, the store is locked. Nothing: it is not. */
  active(idleMs: number | null, at: number): void {
    this.idle.active(idleMs, at);
  }

  /** Locks the store, if there is a lock: the tabs hear of it at once, and may say what is not stored yet. */
  lockNow(): void {
    if (!this.idle.armed || this.closing) return;
    this.handover.give(null);
    this.hub.event(LOCKED);
    this.closing = true;
    setTimeout(() => this.endByLock(), LAST_WORDS_MS);
  }

  nudge(): void {
    this.shell?.input((core, now) => core.nudge(now));
  }

  lostNetwork(): void {
    this.shell?.lostNetwork();
  }

  /** Returns when the store is locked. */
  private async serve(): Promise<void> {
    const store = await Store.open();
    this.store = store;
    try {
      const { core, reason } = await this.start(store);
      const event = (event: Event) => {
        if (this.closing && event.type !== "reply") return;
        if (this.idle.armed && isErased(event)) return void this.endLock(event);
        if (event.type === "reply" && event.id === this.locking?.id) return void this.finishLocking(event);
        this.hub.event(reason !== null && isSignedOut(event) ? signedOut(reason) : event);
      };
      const media = (update: MediaBytes) => this.hub.media(update);
      const shell = new Shell(core, store, { event, media, ...(this.leak && { sending: (text) => this.leak?.betray(text) ?? text }) });
      this.shell = shell;
      for (const { id, command } of this.early.splice(0)) this.forward(id, command);
      const locked = new Promise<void>((end) => (this.endByLock = end));
      await Promise.race([shell.run(), locked]);
    } finally {
      this.idle.stop();
      store.close();
    }
  }

  /**
   * Starts from the store. One that the core cannot open is wiped, and the reason is told; one that cannot be read is
   * left as it is, for it may be read another time.
   */
  private async start(store: Store): Promise<{ core: DeviceCore; reason: string | null }> {
    const [records, kept] = [await store.records(), await store.keptKey()];
    const hasLock = kept !== null && kept.length > KEY_LEN;
    const given = hasLock ? this.handover.take() : null;
    const core = given && tryToBegin(given.slice(), records);
    if (core) {
      this.arm(true);
      return { core, reason: null };
    }
    const key = hasLock ? await this.opened(kept) : kept;
    if (hasLock && !key) return { core: await startAnew(store), reason: null };
    if (hasLock && key) this.handover.give(key.slice());
    const begun = key && tryToBegin(key, records);
    this.arm(hasLock && begun !== null);
    if (begun) return { core: begun, reason: null };
    this.handover.give(null);
    return { core: await startAnew(store), reason: "store_lost" };
  }

  /** The storage key, once the person has given the password; nothing, where the person gives up what is stored. */
  private async opened(locked: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
    this.hub.event(LOCKED);
    const opening = new Promise<Uint8Array<ArrayBuffer> | null>((open) => (this.door = { locked, open }));
    for (const { id, command } of this.early.splice(0)) this.forward(id, command);
    const key = await opening;
    this.door = null;
    return key;
  }

  /** A command while the store is locked. */
  private atTheDoor(id: number, command: Command, door: NonNullable<Device["door"]>): void {
    const reply = (reply: Reply): void => this.hub.event({ type: "reply", id, reply });
    if (command.type === "sign_out") {
      reply({ type: "done" });
      return door.open(null);
    }
    if (command.type !== "unlock") return reply(failed("not_ready"));
    const key = unlock(command.password, door.locked);
    if (!key) return reply(failed("wrong_password"));
    reply({ type: "done" });
    door.open(key);
  }

  /** The core has erased what it had: the lock of who was here must not stand before who comes next. */
  private async endLock(event: Event): Promise<void> {
    this.arm(false);
    const key = this.handover.take()?.slice();
    this.handover.give(null);
    try {
      if (key) await this.store?.keepKey(key);
    } catch (error) {
      console.error("the lock of who was here stays", error);
    }
    key?.fill(0);
    this.hub.event(event);
  }

  /** The store has a lock that can be closed, or none. */
  private arm(on: boolean): void {
    this.idle.armed = on;
    this.hub.event({ type: "store_lock", on });
  }

  /** The core has said whether the password is the one. */
  private async finishLocking(event: Event & { type: "reply" }): Promise<void> {
    const { on, password } = this.locking ?? { on: false, password: "" };
    this.locking = null;
    try {
      if (event.reply.type === "done") await this.setLock(on, password);
      this.hub.event(event);
    } catch (error) {
      console.error("the lock cannot be changed", error);
      this.hub.event({ ...event, reply: failed("store_failed") });
    }
  }

  private async setLock(on: boolean, password: string): Promise<void> {
    const kept = await this.store?.keptKey();
    if (!kept) throw new Error("no storage key");
    const key = kept.length > KEY_LEN ? unlock(password, kept) : kept;
    if (!key) throw new Error("the lock has another password");
    const next = on ? lock(password, key.slice()) : key.slice();
    await this.store?.keepKey(next);
    this.handover.give(on ? key.slice() : null);
    key.fill(0);
    next.fill(0);
    this.arm(on);
  }

  private forward(id: number, command: Command): void {
    if (this.door) return this.atTheDoor(id, command, this.door);
    if (this.closing && command.type !== "save_draft") return this.hub.event({ type: "reply", id, reply: failed("not_ready") });
    const { shell } = this;
    if (!shell) return void this.early.push({ id, command });
    this.leak?.command(command);
    if (command.type === "set_lock" && this.locking) return this.hub.event({ type: "reply", id, reply: failed("not_ready") });
    if (command.type === "set_lock") this.locking = { id, on: command.on, password: command.password };
    shell.input((core, now) => {
      try {
        core.command(now, id, toJson(command));
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        this.hub.event({ type: "reply", id, reply: failed("not_ready") });
      }
    });
  }
}

/** Nothing where the key does not open the records. It is wiped. */
function tryToBegin(key: Uint8Array, records: [string, Uint8Array][]): DeviceCore | null {
  try {
    return begin(key, records);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    console.error("the local store does not open", error);
    return null;
  }
}

async function startAnew(store: Store): Promise<DeviceCore> {
  await store.wipe();
  const fresh = await store.keptKey();
  if (!fresh) throw new Error("no storage key");
  return begin(fresh, []);
}

/** Whether nothing is stored here any more. Where the server alone ended the session, what there is stays. */
function isErased(event: Event): boolean {
  return event.type === "session" && event.session.state === "signed_out" && event.session.reason !== "signed_out_by_server";
}

function isSignedOut(event: Event): boolean {
  return event.type === "session" && event.session.state === "signed_out" && event.session.reason === null;
}

function signedOut(reason: string): Event {
  return { type: "session", session: { state: "signed_out", reason } };
}
