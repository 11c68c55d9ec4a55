/**
 * The core worker of a guest's page: a core of its own, beside the device that this browser may be. Nothing of it is stored,
 * and no other tab hears of it: it ends with the page.
 */
import type { Event } from "./generated/Event";
import { failed } from "./hub";
import { begin, load, toJson } from "./worker/begin";
import { Shell } from "./worker/shell";
import type { FromTab, MediaBytes, ToTab } from "./wire";

let frameWorker: MessagePort | null = null;
let shell: Shell | null = null;
/** What came before the core was there. */
const early: FromTab[] = [];

self.onmessage = ({ data }: MessageEvent<FromTab>) => take(data);

function take(data: FromTab): void {
  // There is no store to lock.
  if (data.type === "active" || data.type === "lock") return;
  if (data.type === "frame-worker") {
    frameWorker?.close();
    frameWorker = data.port;
    return;
  }
  if (!shell) {
    early.push(data);
    return;
  }
  if (data.type === "nudge") shell.input((core, now) => core.nudge(now));
  else if (data.type === "lost-network") shell.lostNetwork();
  else {
    const { id, command } = data;
    shell.input((core, now) => {
      try {
        core.command(now, id, toJson(command));
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        event({ type: "reply", id, reply: failed("not_ready") });
      }
    });
  }
}

function event(event: Event): void {
  tell({ type: "event", event });
}

/** The bytes change hands; without a frame worker they are wiped. */
function media(update: MediaBytes): void {
  if (frameWorker) frameWorker.postMessage(update, [update.buffer]);
  else update.fill(0);
}

function tell(message: ToTab): void {
  self.postMessage(message);
}

async function run(): Promise<void> {
  try {
    await load();
    const core = begin(crypto.getRandomValues(new Uint8Array(32)), []);
    // There is nothing to write down; what the core waits for has happened.
    shell = new Shell(core, { write: () => Promise.resolve() }, { event, media });
    for (const data of early.splice(0)) take(data);
    await shell.run();
  } catch (error) {
    console.error("the core stopped", error);
  }
  shell?.stop();
  tell({ type: "stopped", locked: false });
}

void run();
