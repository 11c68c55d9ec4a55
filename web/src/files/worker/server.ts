/** Blobs over HTTP (`protocol/src/blobs.rs`). */
import type { Bytes } from "../wire";
import { base64url } from "../base64url";

/** The server said no; asking again as it is would not help, unless it says when. */
export class Refusal extends Error {
  readonly code: string;
  /** How much of the upload is durable, where the answer says so. */
  readonly offset: number | null;
  /** When to try again. */
  readonly retryAfterMs: number | null;

  constructor(code: string, offset: number | null, retryAfterMs: number | null) {
    super(code);
    this.code = code;
    this.offset = offset;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer, or one that says that it may work later. */
export class Unreachable extends Error {
  readonly retryAfterMs: number | null;

  constructor(retryAfterMs: number | null = null) {
    super("unreachable");
    this.retryAfterMs = retryAfterMs;
  }
}

/** The session's token, if there is a newer one than `stale`; nothing where nobody is signed in. Rejects with {@link Unreachable}
 * where there is none yet. */
export type AskToken = (stale: string | null) => Promise<string | null>;

export interface UploadState {
  readonly offset: number;
  readonly complete: boolean;
}

/** An answer to a request without a body of its own. Longer means that the connection is gone. */
const PATIENCE_MS = 30_000;

/** A part: the slowest lines that still are of use need so long for the smallest. */
const PART_PATIENCE_MS = 120_000;

/** No byte of a download for so long means that the connection is gone. */
export const SILENCE_MS = 30_000;

export class BlobServer {
  private readonly fetch: typeof globalThis.fetch;
  private readonly askToken: AskToken;
  private token: string | null = null;

  constructor(fetch: typeof globalThis.fetch, askToken: AskToken) {
    this.fetch = fetch;
    this.askToken = askToken;
  }

  async create(blob: { blobId: string; roomId: string; size: number; expiresAt: number; uploadSecret: Bytes }, signal: AbortSignal): Promise<UploadState> {
    const body = JSON.stringify({
      blob_id: blob.blobId,
      room_id: blob.roomId,
      size: blob.size,
      expires_at: blob.expiresAt,
      secret: base64url(blob.uploadSecret),
    });
    const answer = await this.ask("POST", "", { headers: { "content-type": "application/json" }, body }, signal, PATIENCE_MS);
    const { offset, complete } = (await answer.json().catch(() => Promise.reject(new Unreachable()))) as UploadState;
    return { offset, complete };
  }

  async progress(blobId: string, uploadSecret: Bytes, signal: AbortSignal): Promise<UploadState> {
    const headers = { "upload-secret": base64url(uploadSecret) };
    return stateOf(await this.ask("HEAD", `/${blobId}/upload`, { headers }, signal, PATIENCE_MS));
  }

  async part(blobId: string, uploadSecret: Bytes, offset: number, body: Blob, signal: AbortSignal): Promise<UploadState> {
    const headers = {
      "upload-secret": base64url(uploadSecret),
      "upload-offset": String(offset),
      "content-type": "application/partial-upload",
    };
    return stateOf(await this.ask("PATCH", `/${blobId}/upload`, { headers, body }, signal, PART_PATIENCE_MS));
  }

  /** The blob from `offset` on. */
  async get(blobId: string, offset: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const answer = await this.ask("GET", `/${blobId}`, offset > 0 ? { headers: { range: `bytes=${String(offset)}-` } } : {}, signal, null);
    if (!answer.body || (offset > 0 && answer.status !== 206)) throw new Unreachable();
    return answer.body;
  }

  async delete(blobId: string, uploadSecret: Bytes, signal: AbortSignal): Promise<void> {
    const headers = { "upload-secret": base64url(uploadSecret) };
    await this.ask("DELETE", `/${blobId}`, { headers }, signal, PATIENCE_MS).catch((error: unknown) => {
      // It is gone, which is what was asked for.
      if (!(error instanceof Refusal && error.code === "not_found")) throw error;
    });
  }

  private async ask(method: string, path: string, init: RequestInit, signal: AbortSignal, patience: number | null): Promise<Response> {
    let answer = await this.once(method, path, init, signal, patience);
    if (answer.status === 401) {
      // A device has one session, and opens another each time it connects anew.
      const stale = this.token;
      this.token = await this.askToken(stale);
      // Not signed out, but not connected yet either.
      if (this.token !== null && this.token === stale) throw this.withoutSession();
      answer = await this.once(method, path, init, signal, patience);
      if (answer.status === 401) throw this.withoutSession();
    }
    if (answer.ok) return answer;
    throw await refusalOf(answer);
  }

  private withoutSession(): Unreachable {
    this.token = null;
    return new Unreachable();
  }

  private async once(method: string, path: string, init: RequestInit, signal: AbortSignal, patience: number | null): Promise<Response> {
    this.token ??= await this.askToken(null);
    // Nobody is signed in.
    if (this.token === null) throw new Refusal("unauthenticated", null, null);
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.token}`);
    signal.throwIfAborted();
    // By hand, for not every browser has `AbortSignal.any`.
    const ending = new AbortController();
    const end = (): void => ending.abort();
    signal.addEventListener("abort", end);
    const timer = patience === null ? undefined : setTimeout(end, patience);
    try {
      return await this.fetch(`/api/v1/blobs${path}`, {
        ...init,
        method,
        headers,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: ending.signal,
      });
    } catch {
      signal.throwIfAborted();
      throw new Unreachable();
    } finally {
      clearTimeout(timer);
      // A download is still to be read; that it ends, its reader sees to.
      signal.removeEventListener("abort", end);
    }
  }
}

function stateOf(answer: Response): UploadState {
  const offset = numberOf(answer, "upload-offset");
  if (offset === null) throw new Unreachable();
  return { offset, complete: answer.headers.get("upload-complete") === "?1" };
}

async function refusalOf(answer: Response): Promise<Refusal | Unreachable> {
  const problem = (await answer.json().catch(() => null)) as { code?: unknown; retry_after_ms?: unknown } | null;
  const retryAfterMs = typeof problem?.retry_after_ms === "number" ? problem.retry_after_ms : null;
  // What is between us and the server may say such things too, without our codes.
  const passes = answer.status >= 500 || answer.status === 429 || answer.status === 408;
  if (passes) return new Unreachable(retryAfterMs);
  // An answer to HEAD has no body, and so no code.
  const usual = { 401: "unauthenticated", 403: "forbidden", 404: "not_found", 410: "file_expired", 413: "too_large" }[answer.status] ?? "internal";
  return new Refusal(typeof problem?.code === "string" ? problem.code : usual, numberOf(answer, "upload-offset"), retryAfterMs);
}

function numberOf(answer: Response, name: string): number | null {
  const text = answer.headers.get(name);
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
