/** The core worker of a tab: between the tab, the device (here or in another tab's worker) and the frame worker. */
import { Tabs } from "./worker/tabs";
import type { FromTab, MediaBytes, ToTab } from "./wire";

let frameWorker: MessagePort | null = null;

const tabs = new Tabs(
  {
    id: crypto.randomUUID(),
    event: (event) => tell({ type: "event", event }),
    media: toFrameWorker,
  },
  (locked) => tell({ type: "stopped", locked }),
);

self.onmessage = ({ data }: MessageEvent<FromTab>) => {
  switch (data.type) {
    case "command":
      return tabs.command(data.id, data.command);
    case "frame-worker":
      frameWorker?.close();
      frameWorker = data.port;
      return;
    case "nudge":
      return tabs.nudge();
    case "active":
      return tabs.active(data.idleMs);
    case "lock":
      return tabs.lock();
    case "lost-network":
      return tabs.lostNetwork();
  }
};

/** The bytes change hands; without a frame worker they are wiped. */
function toFrameWorker(update: MediaBytes): void {
  if (frameWorker) frameWorker.postMessage(update, [update.buffer]);
  else update.fill(0);
}

function tell(message: ToTab): void {
  self.postMessage(message);
}
