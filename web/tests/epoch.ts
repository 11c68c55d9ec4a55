import * as updates from "../src/core/media-updates.mjs";

/** Of the one call there is. */
const CALL_ID = "01010101-0101-4101-8101-010101010101";

/** The keys of an epoch, as the core would give them to the device of this leaf. */
export function epochOf(ownLeaf: number, members: number[], epoch: number): Uint8Array<ArrayBuffer> {
  const baseKey = new Uint8Array(32).fill(epoch);
  return updates.epoch({ callId: CALL_ID, generation: 1, epoch, ownLeaf, members, baseKey, retireAfterMs: 500 });
}
