import { expect, test } from "vitest";
import vectors from "../../../../docs/vectors/files.json";
import type { Bytes, FileSecret } from "../wire";
import { CHUNK_LEN, NO_HASH, browserSealing, chunksOf, joined, link, same, sealedLen } from "./sealing";

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const secret = (key: Bytes, nonceBase: Bytes): FileSecret => ({ blobId: "blob", key, nonceBase });
const SECRET = secret(new Uint8Array(32).fill(1), new Uint8Array(7).fill(2));

async function sealed(of: FileSecret, plain: Bytes): Promise<{ chunks: Bytes[]; hash: Bytes }> {
  const cipher = await browserSealing.cipher(of, plain.length);
  const chunks: Bytes[] = [];
  let hash = NO_HASH;
  for (let index = 0; index < chunksOf(plain.length); index++) {
    const chunk = await cipher.seal(index, plain.slice(index * CHUNK_LEN, (index + 1) * CHUNK_LEN));
    chunks.push(chunk);
    hash = await link(browserSealing.digest, hash, await browserSealing.digest(chunk));
  }
  return { chunks, hash };
}

test.each(["short_file", "long_file"] as const)("%s is that of the document", async (name) => {
  const { takes, gives } = vectors[name];
  const unit = bytes(takes.repeat);
  const plain = joined(...Array.from({ length: takes.times }, () => unit));
  const { chunks, hash } = await sealed(secret(bytes(takes.key), bytes(takes.nonce_base)), plain);
  const blob = joined(...chunks);
  expect({ sealed_len: blob.length, begins: hex(blob.subarray(0, 32)), last_tag: hex(blob.subarray(-16)), hash: hex(hash) }).toEqual(gives);
});

test("lengths are those of the document", () => {
  for (const { len, sealed_len } of vectors.lengths) expect([len, sealedLen(len)]).toEqual([len, sealed_len]);
});

test.each([0, 1, 4_096, CHUNK_LEN, 3 * CHUNK_LEN + 1])("a file of %i bytes opens to what it was", async (length) => {
  const plain = Uint8Array.from({ length }, (_, at) => at % 251);
  const { chunks } = await sealed(SECRET, plain);
  const cipher = await browserSealing.cipher(SECRET, length);
  const opened = await Promise.all(chunks.map((chunk, index) => cipher.open(index, chunk)));
  expect(same(joined(...opened), plain)).toBe(true);
});

test("a chunk opens in its place of its file alone", async () => {
  const length = 3 * CHUNK_LEN;
  const { chunks } = await sealed(SECRET, new Uint8Array(length));
  const [first, second, third] = chunks as [Bytes, Bytes, Bytes];
  const open = async (index: number, chunk: Bytes, of = SECRET, len = length): Promise<Bytes> => (await browserSealing.cipher(of, len)).open(index, chunk);
  await expect(open(1, second)).resolves.toHaveLength(CHUNK_LEN);
  const changed = second.slice();
  changed[9] = (changed[9] ?? 0) ^ 1;
  await expect(open(1, changed)).rejects.toThrow();
  await expect(open(1, first)).rejects.toThrow();
  await expect(open(1, second.slice(1))).rejects.toThrow();
  await expect(open(1, second, { ...SECRET, key: new Uint8Array(32) })).rejects.toThrow();
  await expect(open(1, second, { ...SECRET, nonceBase: new Uint8Array(7) })).rejects.toThrow();
  // As if the file went on, ended or had another length.
  await expect(open(2, third, SECRET, 4 * CHUNK_LEN)).rejects.toThrow();
  await expect(open(1, second, SECRET, 2 * CHUNK_LEN)).rejects.toThrow();
  await expect(open(1, second, SECRET, length - 1)).rejects.toThrow();
});

test("what is hidden in the padding is refused", async () => {
  const key = await crypto.subtle.importKey("raw", SECRET.key, "AES-GCM", false, ["encrypt"]);
  const forged = async (plain: Bytes): Promise<Bytes> => {
    const iv = joined(SECRET.nonceBase, Uint8Array.of(0, 0, 0, 0, 1));
    const additionalData = joined(new TextEncoder().encode("Conclave 1.0 file"), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3));
    return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain));
  };
  const padded = new Uint8Array(4_096);
  const cipher = await browserSealing.cipher(SECRET, 3);
  await expect(cipher.open(0, await forged(padded))).resolves.toHaveLength(3);
  padded[4_095] = 1;
  await expect(cipher.open(0, await forged(padded))).rejects.toThrow("padding");
  // Authentic, but of another length than the file has.
  await expect(cipher.open(0, await forged(new Uint8Array(5_000)))).rejects.toThrow("bytes");
});

test("bytes that are not those of the chunk are not sealed", async () => {
  const cipher = await browserSealing.cipher(SECRET, CHUNK_LEN + 10);
  await expect(cipher.seal(1, new Uint8Array(9))).rejects.toThrow();
  await expect(cipher.seal(0, new Uint8Array(10))).rejects.toThrow();
});
