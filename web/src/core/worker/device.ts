/** The device of this browser: its store, its core, and the hub that serves the tabs. Only the leader has one. */
import { failed, Hub } from "../hub";
import { LEAKING } from "../test-builds";
import type { Command } from "../generated/Command";
import type { Event } from "../generated/Event";
import type { DeviceCore } from "../generated/wasm/core";
import type { MediaBytes } from "../wire";
import { begin, load, toJson } from "./begin";
import { Leak } from "./leak";
import { Shell } from "./shell";
import { Store } from "./store";

export class Device {
  readonly hub = new Hub((id, command) => this.forward(id, command));
  private shell: Shell | null = null;
  private readonly leak = LEAKING ? new Leak() : null;
  /** What came before the core was there. */
  private readonly early: Parameters<Shell["input"]>[0][] = [];

  /** Runs until the core stops. What is left of its memory is not trusted: the worker ends with it. */
  async run(): Promise<void> {
    try {
      await load();
      await this.serve();
    } catch (error) {
      console.error("the core stopped", error);
    }
    this.shell?.stop();
    this.hub.lost("core_failed");
  }

  nudge(): void {
    this.shell?.input((core, now) => core.nudge(now));
  }

  lostNetwork(): void {
    this.shell?.lostNetwork();
  }

  private async serve(): Promise<never> {
    const store = await Store.open();
    try {
      const { core, reason } = await start(store);
      const event = (event: Event) => this.hub.event(reason !== null && isSignedOut(event) ? signedOut(reason) : event);
      const media = (update: MediaBytes) => this.hub.media(update);
      const shell = new Shell(core, store, { event, media, ...(this.leak && { sending: (text) => this.leak?.betray(text) ?? text }) });
      for (const input of this.early.splice(0)) shell.input(input);
      this.shell = shell;
      return await shell.run();
    } finally {
      store.close();
    }
  }

  private forward(id: number, command: Command): void {
    this.leak?.command(command);
    const input = (core: DeviceCore, now: number) => {
      try {
        core.command(now, id, toJson(command));
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        this.hub.event({ type: "reply", id, reply: failed("not_ready") });
      }
    };
    if (this.shell) this.shell.input(input);
    else this.early.push(input);
  }
}

/**
 * Starts from the store. One that the core cannot open is wiped, and the reason is told; one that cannot be read is
 * left as it is, for it may be read another time.
 */
async function start(store: Store): Promise<{ core: DeviceCore; reason: string | null }> {
  const [records, key] = [await store.records(), await store.storageKey()];
  try {
    if (key) return { core: begin(key, records), reason: null };
    console.error("the storage key does not open");
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    console.error("the local store does not open", error);
  }
  await store.wipe();
  const fresh = await store.storageKey();
  if (!fresh) throw new Error("no storage key");
  return { core: begin(fresh, []), reason: "store_lost" };
}

function isSignedOut(event: Event): boolean {
  return event.type === "session" && event.session.state === "signed_out" && event.session.reason === null;
}

function signedOut(reason: string): Event {
  return { type: "session", session: { state: "signed_out", reason } };
}
