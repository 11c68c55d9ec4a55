/** The device of this browser: its store, its core, and the hub that serves the tabs. Only the leader has one. */
import { failed, Hub } from "../hub";
import type { Command } from "../generated/Command";
import type { Event } from "../generated/Event";
import init, { DeviceCore } from "../generated/wasm/core";
import wasm from "../generated/wasm/core_bg.wasm?url";
import { deviceName } from "../device-name";
import { Shell } from "./shell";
import { Store } from "./store";

/** A core that stops again within this time is not started a third time. */
const STEADY_MS = 10_000;

export class Device {
  readonly hub = new Hub((id, command) => this.forward(id, command));
  private shell: Shell | null = null;
  private dead = false;

  /** Runs for as long as there is a core to run. */
  async run(): Promise<void> {
    for (let failures = 0; failures < 2; failures += 1) {
      const began = Date.now();
      try {
        await init({ module_or_path: wasm });
        await this.serve();
      } catch (error) {
        console.error("the core stopped", error);
      }
      this.shell?.stop();
      this.shell = null;
      this.hub.lost("not_ready");
      if (Date.now() - began > STEADY_MS) failures = 0;
    }
    this.dead = true;
    this.hub.event(signedOut("store_failed"));
  }

  nudge(): void {
    this.shell?.input((core, now) => core.nudge(now));
  }

  private async serve(): Promise<never> {
    const store = await Store.open();
    try {
      const { core, reason } = await start(store);
      const event = (event: Event) => this.hub.event(reason !== null && isSignedOut(event) ? signedOut(reason) : event);
      const shell = new Shell(core, store, { event, media: (update) => this.hub.media(update) });
      for (const input of this.early.splice(0)) shell.input(input);
      this.shell = shell;
      return await shell.run();
    } finally {
      store.close();
    }
  }

  /** What came before the core was there. */
  private readonly early: Parameters<Shell["input"]>[0][] = [];

  private forward(id: number, command: Command): void {
    if (this.dead) return this.hub.event({ type: "reply", id, reply: failed("store_failed") });
    const input = (core: DeviceCore, now: number) => {
      try {
        core.command(now, id, JSON.stringify(command));
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        this.hub.event({ type: "reply", id, reply: failed("not_ready") });
      }
    };
    if (this.shell) this.shell.input(input);
    else this.early.push(input);
  }
}

/** Starts from the store; one that does not open is wiped, and the reason is told. */
async function start(store: Store): Promise<{ core: DeviceCore; reason: string | null }> {
  try {
    return { core: await load(store), reason: null };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    console.error("the local store does not open", error);
    await store.wipe();
    return { core: await load(store), reason: "store_lost" };
  }
}

async function load(store: Store): Promise<DeviceCore> {
  const key = await store.storageKey();
  const seed = crypto.getRandomValues(new Uint8Array(32));
  try {
    return new DeviceCore(Date.now(), key, seed, await store.records(), deviceName(navigator.userAgent));
  } finally {
    key.fill(0);
    seed.fill(0);
  }
}

function isSignedOut(event: Event): boolean {
  return event.type === "session" && event.session.state === "signed_out" && event.session.reason === null;
}

function signedOut(reason: string): Event {
  return { type: "session", session: { state: "signed_out", reason } };
}
