/** What the page wants to find again of an upload after a reload; the core keeps it sealed, beside key and progress. */
import { base64url } from "./base64url";
import { bytesOf, type FileFacts } from "./cards";

/** What is said with a file. */
export interface Words {
  readonly text: string;
  readonly replyTo: string | null;
  readonly mentions: readonly string[];
  /** How long the message lives from the beginning of the upload on; null where it has no end. */
  readonly ttlMs: number | null;
  readonly burnMs: number | null;
  /** It is a file of the disk, which can be chosen again. */
  readonly fromDisk: boolean;
  /** It was said elsewhere before. */
  readonly forwarded?: boolean;
  /** When it ends at the latest, however late it leaves. */
  readonly endsAt?: number | null;
}

export interface About {
  /** Of the upload, and of the message to be. */
  readonly id: string;
  readonly size: number;
  readonly facts: FileFacts;
  readonly words: Words;
}

const KIND = "message file";

export function about({ id, size, facts, words }: About): string {
  const { waveform, thumbnail } = facts;
  const plain = { ...facts, waveform: waveform && base64url(waveform), thumbnail: thumbnail && base64url(thumbnail) };
  return JSON.stringify({ kind: KIND, id, size, facts: plain, words });
}

/** Nothing where it is not of this kind. The core gives back what a page of this app noted. */
export function readAbout(text: string): About | null {
  try {
    const { kind, id, size, facts, words } = JSON.parse(text) as {
      kind: string;
      id: string;
      size: number;
      facts: Omit<FileFacts, "waveform" | "thumbnail"> & { waveform: string | null; thumbnail: string | null };
      words: Words;
    };
    if (kind !== KIND) return null;
    const { waveform, thumbnail } = facts;
    return { id, size, words, facts: { ...facts, waveform: waveform === null ? null : bytesOf(waveform), thumbnail: thumbnail === null ? null : bytesOf(thumbnail) } };
  } catch {
    return null;
  }
}
