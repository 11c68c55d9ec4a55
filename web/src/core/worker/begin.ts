/** How a core begins in a worker, and how it is spoken to. */
import type { Command } from "../generated/Command";
import init, { DeviceCore, lock_storage_key, unlock_storage_key } from "../generated/wasm/core";
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

const SALT_LEN = 16;

/** Puts the storage key under a password. The key is wiped. */
export function lock(password: string, key: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return lock_storage_key(password, crypto.getRandomValues(new Uint8Array(SALT_LEN)), key) as Uint8Array<ArrayBuffer>;
  } finally {
    key.fill(0);
  }
}

/** Takes about as long as a sign-in; nothing where the password is another one. */
export function unlock(password: string, locked: Uint8Array): Uint8Array<ArrayBuffer> | null {
  return (unlock_storage_key(password, locked) as Uint8Array<ArrayBuffer> | undefined) ?? null;
}

/** As the core reads it: `{ name: { …fields } }`, or the name alone. */
export function toJson({ type, ...fields }: Command): string {
  return JSON.stringify(Object.keys(fields).length > 0 ? { [type]: fields } : type);
}
