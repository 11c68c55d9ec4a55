/**
 * The sealing of files in the browser: what `client-core/files` does, by the browser's own cryptography, which is ten times as
 * fast as any that the page could bring. `docs/vectors/files.json` holds both to one construction.
 *
 * ```text
 * file     ─► chunks of 65,536 bytes, the last one filled with zeros to a Padmé length
 * chunk i  ─► AES-256-GCM(key, nonce = base(7) ‖ i(u32) ‖ last(u8), AAD = label ‖ length of the file(u64))
 * hash     =  h(all chunks), where h(no chunk) = 32 zeros, h(… i) = SHA-256(label ‖ h(… i - 1) ‖ SHA-256(sealed chunk i))
 * ```
 */
import type { Bytes, FileSecret } from "../wire";

/** Plain bytes of a chunk. */
export const CHUNK_LEN = 65_536;

const TAG_LEN = 16;

/** A chunk, sealed. */
export const SEALED_CHUNK_LEN = CHUNK_LEN + TAG_LEN;

/** Length of the smallest padded file. */
const SMALLEST = 4_096;

const CHUNK_LABEL = ascii("Conclave 1.0 file");
const HASH_LABEL = ascii("Conclave 1.0 blob");

/** The hash of no chunk. */
export const NO_HASH: Bytes = new Uint8Array(32);

/** Seals and opens the chunks of one file, in any order. Under one index only ever the same bytes may be sealed. */
export interface FileCipher {
  /** All bytes of the file that are in the chunk; what comes is padded. */
  seal(index: number, plain: Bytes): Promise<Bytes>;
  /** The bytes of the file in it, which no other has. Rejects where the chunk is not as it was sealed. */
  open(index: number, sealed: Bytes): Promise<Bytes>;
}

export interface Sealing {
  /** For a file of `len` bytes. */
  readonly cipher: (secret: FileSecret, len: number) => Promise<FileCipher>;
  readonly digest: (bytes: Bytes) => Promise<Bytes>;
}

/** The next length of Padmé (Nikitin et al., 2019). */
function padded(len: number): number {
  const least = Math.max(len, SMALLEST);
  const e = bits(least) - 1;
  const unit = 2 ** Math.max(e - bits(e), 0);
  return Math.ceil(least / unit) * unit;
}

/** How many a whole number has; those of JavaScript's own operators end at 32. */
function bits(whole: number): number {
  return whole.toString(2).length;
}

/** How many chunks a file of `len` bytes has. */
export function chunksOf(len: number): number {
  return Math.ceil(padded(len) / CHUNK_LEN);
}

/** Length of the blob of a file of `len` bytes. */
export function sealedLen(len: number): number {
  return padded(len) + TAG_LEN * chunksOf(len);
}

/** Plain length of a chunk with its padding. */
function paddedChunk(index: number, len: number): number {
  return Math.min(padded(len) - index * CHUNK_LEN, CHUNK_LEN);
}

/** How many bytes of the file are in a chunk. */
function plainChunk(index: number, len: number): number {
  return Math.max(Math.min(len - index * CHUNK_LEN, CHUNK_LEN), 0);
}

/** The hash of one more chunk than `hash` is of. */
export async function link(digest: Sealing["digest"], hash: Bytes, chunkHash: Bytes): Promise<Bytes> {
  return digest(joined(HASH_LABEL, hash, chunkHash));
}

/** By the browser's own cryptography. */
export const browserSealing: Sealing = {
  cipher: async ({ key, nonceBase }, len) => {
    const secret = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
    return new Cipher(secret, nonceBase, len);
  },
  digest: async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
};

class Cipher implements FileCipher {
  private readonly key: CryptoKey;
  private readonly nonceBase: Bytes;
  private readonly len: number;
  private readonly chunks: number;
  private readonly additionalData: Bytes;

  constructor(key: CryptoKey, nonceBase: Bytes, len: number) {
    this.key = key;
    this.nonceBase = nonceBase;
    this.len = len;
    this.chunks = chunksOf(len);
    this.additionalData = joined(CHUNK_LABEL, bigEndian(len, 8));
  }

  async seal(index: number, plain: Bytes): Promise<Bytes> {
    if (plain.length !== plainChunk(index, this.len)) throw new Error(`chunk ${String(index)} has ${String(plain.length)} bytes`);
    const length = paddedChunk(index, this.len);
    const whole = plain.length === length ? plain : joined(plain, new Uint8Array(length - plain.length));
    return new Uint8Array(await crypto.subtle.encrypt(this.params(index), this.key, whole));
  }

  async open(index: number, sealed: Bytes): Promise<Bytes> {
    const plain = new Uint8Array(await crypto.subtle.decrypt(this.params(index), this.key, sealed));
    const length = plainChunk(index, this.len);
    if (plain.length !== paddedChunk(index, this.len)) throw new Error(`chunk ${String(index)} has ${String(plain.length)} bytes`);
    if (plain.subarray(length).some((byte) => byte !== 0)) throw new Error(`the padding of chunk ${String(index)} is not empty`);
    return plain.subarray(0, length);
  }

  private params(index: number): AesGcmParams {
    const last = index + 1 === this.chunks ? 1 : 0;
    const iv = joined(this.nonceBase, bigEndian(index, 4), Uint8Array.of(last));
    return { name: "AES-GCM", iv, additionalData: this.additionalData, tagLength: TAG_LEN * 8 };
  }
}

function bigEndian(whole: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = whole; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}

function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
