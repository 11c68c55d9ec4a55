/** A server of blobs, and a sealing that hides nothing, for tests. */
import type { Bytes } from "../wire";
import { CHUNK_LEN, SEALED_CHUNK_LEN, type Sealing } from "./sealing";

interface Blobbed {
  readonly secret: string;
  readonly size: number;
  bytes: Uint8Array;
}

/** What goes wrong with one request. */
export type Mishap =
  /** No answer, and nothing of it arrived. */
  | "lost"
  /** So many bytes of a part arrived, or of a download; then the connection broke. */
  | { readonly cut: number }
  /** It arrived, and the answer was lost. */
  | "unanswered"
  | { readonly status: number; readonly code?: string; readonly retryAfterMs?: number };

export class FakeBlobServer {
  readonly blobs = new Map<string, Blobbed>();
  /** `METHOD offset`, in order. */
  readonly asked: string[] = [];
  /** What happens to the next requests, by their method. */
  readonly mishaps: { method: string; mishap: Mishap }[] = [];
  token = "token";

  readonly fetch: typeof globalThis.fetch = (input, init) => this.answer(input as string, init ?? {});

  private async answer(path: string, init: RequestInit): Promise<Response> {
    const method = init.method ?? "GET";
    const headers = new Headers(init.headers);
    init.signal?.throwIfAborted();
    const range = headers.get("range")?.match(/^bytes=(\d+)-$/)?.[1];
    this.asked.push(`${method} ${headers.get("upload-offset") ?? range ?? ""}`.trim());
    const at = this.mishaps.findIndex((mishap) => mishap.method === method);
    const mishap = at < 0 ? null : (this.mishaps.splice(at, 1)[0]?.mishap ?? null);
    if (mishap === "lost") throw new TypeError("no network");
    if (mishap && typeof mishap === "object" && "status" in mishap) return problem(mishap.status, mishap.code, mishap.retryAfterMs);
    if (headers.get("authorization") !== `Bearer ${this.token}`) return problem(401, "unauthenticated");
    const answer = await this.done(method, path, headers, init.body, mishap && typeof mishap === "object" ? mishap.cut : null);
    if (mishap !== null && method !== "GET") throw new TypeError("the connection broke");
    return answer;
  }

  private async done(method: string, path: string, headers: Headers, body: RequestInit["body"], cut: number | null): Promise<Response> {
    if (method === "POST") {
      const create = JSON.parse(body as string) as { blob_id: string; size: number; secret: string };
      const known = this.blobs.get(create.blob_id) ?? { secret: create.secret, size: create.size, bytes: new Uint8Array() };
      this.blobs.set(create.blob_id, known);
      return Response.json({ offset: known.bytes.length, complete: known.bytes.length === known.size }, { status: 201 });
    }
    const id = path.split("/")[4] ?? "";
    const blob = this.blobs.get(id);
    if (!blob) return problem(404, "not_found");
    if (method === "GET") return this.get(blob, headers, cut);
    if (headers.get("upload-secret") !== blob.secret) return problem(404, "not_found");
    if (method === "DELETE") {
      this.blobs.delete(id);
      return new Response(null, { status: 204 });
    }
    if (method === "PATCH") {
      if (Number(headers.get("upload-offset")) !== blob.bytes.length) return stated(blob, problem(409, "wrong_offset"));
      const part = new Uint8Array(await new Response(body).arrayBuffer());
      blob.bytes = joined([blob.bytes, part.subarray(0, cut ?? part.length)]);
    }
    return stated(blob, new Response(null, { status: 204 }));
  }

  private get(blob: Blobbed, headers: Headers, cut: number | null): Response {
    const from = Number(headers.get("range")?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const bytes = new Uint8Array(blob.bytes.subarray(from, cut === null ? undefined : from + cut));
    // In pieces that fit no chunk.
    const pieces = Array.from({ length: Math.ceil(bytes.length / 50_000) }, (_, at) => bytes.subarray(at * 50_000, (at + 1) * 50_000));
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = pieces.shift();
        if (piece) return controller.enqueue(piece);
        if (cut === null) controller.close();
        else controller.error(new TypeError("the connection broke"));
      },
    });
    return new Response(body, { status: from > 0 ? 206 : 200 });
  }
}

function problem(status: number, code?: string, retryAfterMs?: number): Response {
  return Response.json({ status, ...(code && { code }), ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }) }, { status });
}

function stated(blob: Blobbed, answer: Response): Response {
  answer.headers.set("upload-offset", String(blob.bytes.length));
  answer.headers.set("upload-complete", blob.bytes.length === blob.size ? "?1" : "?0");
  return answer;
}

export function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The layout of the real one; each byte is changed by the first of the key, and the tag tells index and content. */
export const fakeSealing: Sealing = {
  sealedLen: (len) => padded(len) + 16 * Math.ceil(padded(len) / CHUNK_LEN),
  sealer: ({ key }, len) => {
    const sum = new Sum();
    let index = 0;
    return {
      seal_next: (plain) => {
        const start = index * CHUNK_LEN;
        if (plain.length !== Math.max(0, Math.min(CHUNK_LEN, len - start))) throw new Error("wrong_length");
        const sealed = new Uint8Array(Math.min(CHUNK_LEN, padded(len) - start) + 16);
        sealed.set(plain);
        for (let at = 0; at < sealed.length - 16; at++) sealed[at] = (sealed[at] ?? 0) ^ (key[0] ?? 0);
        sealed.set(tag(sealed.subarray(0, -16), index), sealed.length - 16);
        index += 1;
        sum.take(sealed);
        return sealed;
      },
      hash: () => sum.bytes(),
      free: () => {},
    };
  },
  opener: ({ key }, len) => {
    const sum = new Sum();
    let index = 0;
    return {
      open_next: (sealed) => {
        const body = sealed.subarray(0, -16);
        if (tag(body, index).some((byte, at) => byte !== sealed[body.length + at])) throw new Error("not_authentic");
        const start = index * CHUNK_LEN;
        index += 1;
        sum.take(sealed);
        return body.map((byte) => byte ^ (key[0] ?? 0)).slice(0, Math.max(0, Math.min(CHUNK_LEN, len - start)));
      },
      hash: () => sum.bytes(),
      free: () => {},
    };
  },
};

/** Some more than the file, so that padding is seen to. */
function padded(len: number): number {
  return len + 1_000;
}

function tag(body: Uint8Array, index: number): Uint8Array {
  const sum = new Sum();
  sum.take(body);
  sum.take(Uint8Array.of(index));
  return joined([sum.bytes(), new Uint8Array(12)]);
}

/** No hash, but it sees every change that the tests make. */
class Sum {
  private value = 7;

  take(bytes: Uint8Array): void {
    for (const byte of bytes) this.value = (Math.imul(this.value, 31) + byte) | 0;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Int32Array.of(this.value).buffer);
  }
}

/** Bytes of which no two chunks are alike. */
export function content(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 7 + (at >> 16);
  return bytes;
}

export const sealedChunks = (count: number): number => count * SEALED_CHUNK_LEN;
