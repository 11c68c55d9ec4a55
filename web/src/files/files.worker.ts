/**
 * The files worker: seals, hashes, uploads and downloads, so that neither the page nor the worker with the device's keys
 * waits for it. One for each tab.
 */
import type { FilesCommand } from "./wire";
import { browserSealing } from "./worker/sealing";
import { clearStore } from "./worker/sink";
import { Transfers } from "./worker/transfers";

const transfers = new Transfers({ sealing: browserSealing, fetch: self.fetch.bind(self), tell: (report) => self.postMessage(report) });

self.onmessage = ({ data }: MessageEvent<FilesCommand>) => transfers.obey(data);

void clearStore(Date.now());
