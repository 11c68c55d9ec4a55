/** Between the core's cards of files (JSON, with base64url) and what the files worker takes (bytes). */
import type { FileCard } from "../core/generated/FileCard";
import type { UploadCard } from "../core/generated/UploadCard";
import { base64url, fromBase64url } from "./base64url";
import type { UploadState } from "./client";
import type { Bytes, SealedFile } from "./wire";

/** What a message says of a file beside what it takes to get it. */
export interface FileFacts {
  readonly name: string;
  /** `type/subtype`. */
  readonly mediaType: string;
  readonly maySave: boolean;
  readonly dimensions: { readonly width: number; readonly height: number } | null;
  readonly durationMs: number | null;
  readonly waveform: Bytes | null;
  readonly thumbnail: Bytes | null;
}

/** Of a file that is on the server. */
export function fileCard(file: SealedFile, facts: FileFacts): FileCard {
  return {
    blob_id: file.blobId,
    name: facts.name,
    media_type: facts.mediaType,
    size: file.size,
    key: base64url(file.key),
    nonce_base: base64url(file.nonceBase),
    hash: base64url(file.hash),
    may_save: facts.maySave,
    width: facts.dimensions?.width ?? null,
    height: facts.dimensions?.height ?? null,
    duration_ms: facts.durationMs,
    waveform: facts.waveform && base64url(facts.waveform),
    thumbnail: facts.thumbnail && base64url(facts.thumbnail),
  };
}

/** How to get it. The core hands out nothing that is not base64url. */
export function sealedFile({ blob_id, key, nonce_base, size, hash }: FileCard): SealedFile {
  return { blobId: blob_id, key: bytesOf(key), nonceBase: bytesOf(nonce_base), size, hash: bytesOf(hash) };
}

export function factsOf(card: FileCard): FileFacts {
  const { width, height, waveform, thumbnail } = card;
  return {
    name: card.name,
    mediaType: card.media_type,
    maySave: card.may_save,
    dimensions: width !== null && height !== null ? { width, height } : null,
    durationMs: card.duration_ms,
    waveform: waveform === null ? null : bytesOf(waveform),
    thumbnail: thumbnail === null ? null : bytesOf(thumbnail),
  };
}

/** What is to be noted of an upload; `about` is for whoever begins it, to know again what it is. */
export function uploadCard({ ticket, checkpoint }: UploadState, roomId: string, expiresAt: number, about: string): UploadCard {
  return {
    blob_id: ticket.blobId,
    room_id: roomId,
    key: base64url(ticket.key),
    nonce_base: base64url(ticket.nonceBase),
    upload_secret: base64url(ticket.uploadSecret),
    sealed: checkpoint && { len: checkpoint.sealed, hash: base64url(checkpoint.hash) },
    expires_at: expiresAt,
    about,
  };
}

/** What it takes to go on with one that was noted. */
export function uploadState(card: UploadCard): UploadState {
  const { sealed } = card;
  return {
    ticket: { blobId: card.blob_id, key: bytesOf(card.key), nonceBase: bytesOf(card.nonce_base), uploadSecret: bytesOf(card.upload_secret) },
    checkpoint: sealed && { sealed: sealed.len, hash: bytesOf(sealed.hash) },
  };
}

export function bytesOf(text: string): Bytes {
  return fromBase64url(text) ?? new Uint8Array();
}
