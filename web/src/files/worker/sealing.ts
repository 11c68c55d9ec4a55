/** What the worker needs of the sealing module. */
import type { Bytes, FileSecret } from "../wire";

/** Plain bytes of a chunk (`client-core/files/src/layout.rs`). */
export const CHUNK_LEN = 65_536;

/** The same, sealed. */
export const SEALED_CHUNK_LEN = CHUNK_LEN + 16;

/** Seals a file in order. */
export interface Sealer {
  seal_next(plain: Uint8Array): Uint8Array;
  hash(): Uint8Array;
  free(): void;
}

/** Opens a file in order. */
export interface Opener {
  open_next(sealed: Uint8Array): Uint8Array;
  hash(): Uint8Array;
  free(): void;
}

export interface Sealing {
  /** Length of the blob of a file. */
  sealedLen(len: number): number;
  sealer(secret: FileSecret, len: number): Sealer;
  opener(secret: FileSecret, len: number): Opener;
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Bytes that may be handed to another thread. */
export function own(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}
