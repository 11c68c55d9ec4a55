/** The main thread's way to the core. */
import type { Command } from "./generated/Command";
import type { Event } from "./generated/Event";
import type { Reply } from "./generated/Reply";
import type { FromTab, ToTab } from "./wire";

/** Everything that the core tells by itself; answers to commands come from `send`. */
export type CoreEvent = Exclude<Event, { type: "reply" }>;

/** Events that are the whole of a state: who begins to listen gets the newest. */
const STATES: readonly CoreEvent["type"][] = ["session", "rooms", "call", "slots", "pairing", "store_lock"];

/** A worker that stops again within this time is not started anew: it would stop again. */
const STEADY_MS = 10_000;

/** What the client needs of a `Worker`. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent<ToTab>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: FromTab, transfer?: Transferable[]): void;
  terminate(): void;
}

export class WorkerCoreClient {
  private readonly spawn: () => WorkerLike;
  private readonly listeners = new Set<(event: CoreEvent) => void>();
  private readonly open = new Map<number, (reply: Reply) => void>();
  private readonly states = new Map<CoreEvent["type"], CoreEvent>();
  private worker: WorkerLike | null = null;
  private startedAt = 0;
  private nextId = 1;

  constructor(spawn: () => WorkerLike) {
    this.spawn = spawn;
    this.begin();
  }

  /** Starts the core worker of this tab: of the browser's device, or of a guest, of whom nothing is stored. */
  static start(who: "device" | "guest" = "device"): WorkerCoreClient {
    const client = new WorkerCoreClient(() =>
      who === "guest"
        ? new Worker(new URL("./guest.worker.ts", import.meta.url), { type: "module", name: "guest" })
        : new Worker(new URL("./core.worker.ts", import.meta.url), { type: "module", name: "core" }),
    );
    // Asked for here, for workers may not: without it, a full disk may take the store away.
    if (who === "device") void navigator.storage?.persist?.().catch(() => false);
    document.addEventListener("visibilitychange", () => document.hidden || client.nudge());
    // Heard here, for not every browser tells its workers.
    window.addEventListener("online", () => client.nudge());
    // From one network to another without a moment between; not every browser says so.
    (navigator as { connection?: EventTarget }).connection?.addEventListener("change", () => client.nudge());
    window.addEventListener("offline", () => client.lostNetwork());
    return client;
  }

  /** Hands in a command. Never rejects: what goes wrong is a `failed` reply. */
  send(command: Command): Promise<Reply> {
    const { worker } = this;
    if (!worker) return Promise.resolve(coreFailed());
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.open.set(id, resolve);
      worker.postMessage({ type: "command", id, command });
    });
  }

  /** Hears every event from now on; the present state first, after this returns. */
  onEvent(listener: (event: CoreEvent) => void): () => void {
    const missed = STATES.flatMap((type) => this.states.get(type) ?? []);
    queueMicrotask(() => {
      for (const event of missed) {
        if (this.listeners.has(listener) && this.states.get(event.type) === event) listener(event);
      }
    });
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Media updates of the call that this tab joins go over this port. */
  connectFrameWorker(port: MessagePort): void {
    this.worker?.postMessage({ type: "frame-worker", port }, [port]);
  }

  nudge(): void {
    this.worker?.postMessage({ type: "nudge" });
  }

  lostNetwork(): void {
    this.worker?.postMessage({ type: "lost-network" });
  }

  /** The person did something; after so long without, the store is locked. Nothing: it is not. */
  active(idleMs: number | null): void {
    this.worker?.postMessage({ type: "active", idleMs });
  }

  /** Locks the store, if it has a lock. */
  lock(): void {
    this.worker?.postMessage({ type: "lock" });
  }

  private hear(event: Event): void {
    if (event.type === "reply") {
      const resolve = this.open.get(event.id);
      this.open.delete(event.id);
      return resolve?.(event.reply);
    }
    // A locked page keeps no titles in mind.
    if (event.type === "session" && event.session.state === "locked") this.states.delete("rooms");
    if (STATES.includes(event.type)) this.states.set(event.type, event);
    for (const listener of this.listeners) listener(event);
  }

  private begin(): void {
    this.startedAt = Date.now();
    const worker = this.spawn();
    this.worker = worker;
    worker.onmessage = ({ data }) => (data.type === "event" ? this.hear(data.event) : this.stopped(data.locked));
    worker.onerror = () => this.stopped(false);
  }

  /** The worker and its call are lost; a new one begins from the store. */
  private stopped(locked: boolean): void {
    this.worker?.terminate();
    this.worker = null;
    for (const resolve of this.open.values()) resolve(coreFailed());
    this.open.clear();
    if (this.states.has("call")) this.hear({ type: "call", call: null });
    if (this.states.has("pairing")) this.hear({ type: "pairing", pairing: null });
    if (locked || Date.now() - this.startedAt > STEADY_MS) return this.begin();
    this.hear({ type: "session", session: { state: "signed_out", reason: "core_failed" } });
  }
}

function coreFailed(): Reply {
  return { type: "failed", value: { code: "core_failed", params: {} } };
}
