/** How a core begins in a worker, and how it is spoken to. */
import type { Command } from "../generated/Command";
import init, { DeviceCore } from "../generated/wasm/core";
import wasm from "../generated/wasm/core_bg.wasm?url";
import { deviceName } from "../device-name";

/** Loads the module. */
export async function load(): Promise<void> {
  await init({ module_or_path: wasm });
}

/** Wipes the key. */
export function begin(key: Uint8Array, records: [string, Uint8Array][]): DeviceCore {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  try {
    return new DeviceCore(Date.now(), key, seed, records, deviceName(navigator.userAgent));
  } finally {
    key.fill(0);
    seed.fill(0);
  }
}

/** As the core reads it: `{ name: { …fields } }`, or the name alone. */
export function toJson({ type, ...fields }: Command): string {
  return JSON.stringify(Object.keys(fields).length > 0 ? { [type]: fields } : type);
}
