/** A server of blobs, and a sealing that hides nothing, for tests. */
import type { Bytes } from "../wire";
import { CHUNK_LEN, SEALED_CHUNK_LEN, joined, same, sealedLen, type Sealing } from "./sealing";

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
  private gate: Promise<void> | null = null;

  readonly fetch: typeof globalThis.fetch = (input, init) => this.answer(input as string, init ?? {});

  /** Parts wait until what comes back is called. */
  hold(): () => void {
    const opened = new EventTarget();
    this.gate = new Promise((resolve) => opened.addEventListener("open", () => resolve()));
    return () => void opened.dispatchEvent(new Event("open"));
  }

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
      await this.gate;
      const part = new Uint8Array(await new Response(body).arrayBuffer());
      blob.bytes = joined(blob.bytes, part.subarray(0, cut ?? part.length));
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

/** Each byte is changed by the first of the key, and the tag tells index and content. */
export const fakeSealing: Sealing = {
  cipher: ({ key }, len) => {
    const turned = (bytes: Uint8Array): Bytes => new Uint8Array(bytes.map((byte) => byte ^ (key[0] ?? 0)));
    return Promise.resolve({
      seal: (index, plain) => {
        if (plain.length !== lengthAt(index, len)) throw new Error("wrong length");
        const padding = Math.min(CHUNK_LEN, sealedLen(len) - index * SEALED_CHUNK_LEN - 16) - plain.length;
        const body = turned(joined(plain, new Uint8Array(padding)));
        return Promise.resolve(joined(body, tag(body, index)));
      },
      open: (index, sealed) => {
        const body = sealed.subarray(0, -16);
        if (!same(tag(body, index), sealed.subarray(-16))) return Promise.reject(new Error("not authentic"));
        return Promise.resolve(turned(body).subarray(0, lengthAt(index, len)));
      },
    });
  },
  digest: (bytes) => Promise.resolve(sum(bytes)),
};

function lengthAt(index: number, len: number): number {
  return Math.max(0, Math.min(CHUNK_LEN, len - index * CHUNK_LEN));
}

function tag(body: Uint8Array, index: number): Bytes {
  return joined(sum(joined(body, Uint8Array.of(index))), new Uint8Array(12));
}

/** No hash, but it sees every change that the tests make. */
function sum(bytes: Uint8Array): Bytes {
  let value = 7;
  for (const byte of bytes) value = (Math.imul(value, 31) + byte) | 0;
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** Bytes of which no two chunks are alike. */
export function content(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 7 + (at >> 16);
  return bytes;
}

export const sealedChunks = (count: number): number => count * SEALED_CHUNK_LEN;
