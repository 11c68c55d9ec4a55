/**
 * The files worker: seals, hashes, uploads and downloads, so that neither the page nor the worker with the device's keys
 * waits for it. One for each tab.
 */
import init, { FileOpener, FileSealer, sealed_len } from "../core/generated/wasm/files";
import wasm from "../core/generated/wasm/files_bg.wasm?url";
import type { FilesCommand, FilesReport } from "./wire";
import type { Sealing } from "./worker/sealing";
import { clearStore } from "./worker/sink";
import { Transfers } from "./worker/transfers";

const tell = (report: FilesReport): void => self.postMessage(report);

const transfers = new Transfers({ sealing: load(), fetch: self.fetch.bind(self), tell });

self.onmessage = ({ data }: MessageEvent<FilesCommand>) => transfers.obey(data);

void clearStore(Date.now());

async function load(): Promise<Sealing> {
  try {
    await init({ module_or_path: wasm });
  } catch (error) {
    console.error("the sealing of files could not be loaded", error);
    tell({ type: "broken" });
    throw error;
  }
  return {
    sealedLen: sealed_len,
    // The module wipes the copies that it gets.
    sealer: ({ key, nonceBase }, len) => new FileSealer(key, nonceBase, len),
    opener: ({ key, nonceBase }, len) => new FileOpener(key, nonceBase, len),
  };
}
