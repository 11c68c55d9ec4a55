/** The main thread's way to the core. */
import type { Command } from "./generated/Command";
import type { Event } from "./generated/Event";
import type { Reply } from "./generated/Reply";
import type { FromTab, ToTab } from "./wire";

/** Everything that the core tells by itself; answers to commands come from `send`. */
export type CoreEvent = Exclude<Event, { type: "reply" }>;

/** Events that are the whole of a state: who begins to listen gets the newest. */
const STATES: readonly CoreEvent["type"][] = ["session", "rooms", "call", "slots"];

/** What the client needs of a `Worker`. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent<ToTab>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: FromTab, transfer?: Transferable[]): void;
}

export class WorkerCoreClient {
  private readonly worker: WorkerLike;
  private readonly listeners = new Set<(event: CoreEvent) => void>();
  private readonly open = new Map<number, (reply: Reply) => void>();
  private readonly states = new Map<CoreEvent["type"], CoreEvent>();
  private nextId = 1;
  private dead = false;

  constructor(worker: WorkerLike) {
    this.worker = worker;
    worker.onmessage = ({ data }) => this.hear(data.event);
    worker.onerror = () => this.die();
  }

  /** Starts the core worker of this tab. */
  static start(): WorkerCoreClient {
    const worker = new Worker(new URL("./core.worker.ts", import.meta.url), { type: "module", name: "core" });
    const client = new WorkerCoreClient(worker);
    // Asked for here, for workers may not: without it, a full disk may take the store away.
    void navigator.storage?.persist?.().catch(() => false);
    document.addEventListener("visibilitychange", () => document.hidden || client.nudge());
    return client;
  }

  /** Hands in a command. Never rejects: what goes wrong is a `failed` reply. */
  send(command: Command): Promise<Reply> {
    if (this.dead) return Promise.resolve(notReady());
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.open.set(id, resolve);
      this.worker.postMessage({ type: "command", id, command });
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
    this.worker.postMessage({ type: "frame-worker", port }, [port]);
  }

  nudge(): void {
    this.worker.postMessage({ type: "nudge" });
  }

  private hear(event: Event): void {
    if (event.type === "reply") {
      const resolve = this.open.get(event.id);
      this.open.delete(event.id);
      return resolve?.(event.reply);
    }
    if (STATES.includes(event.type)) this.states.set(event.type, event);
    for (const listener of this.listeners) listener(event);
  }

  private die(): void {
    this.dead = true;
    for (const resolve of this.open.values()) resolve(notReady());
    this.open.clear();
    this.hear({ type: "session", session: { state: "signed_out", reason: "core_failed" } });
  }
}

function notReady(): Reply {
  return { type: "failed", value: { code: "not_ready", params: {} } };
}
