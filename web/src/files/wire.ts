/**
 * What the page and its files worker say to each other.
 *
 * ```text
 *   page ── FilesCommand ──► files worker ── HTTP ──► server
 *        ◄── FilesReport ──       │
 *                            sealing
 * ```
 *
 * A transfer has an id, which the page chooses. Keys of files come from the message that carries them, through the page;
 * they are of one file each. The session's token is asked for whenever the worker needs one, and kept nowhere else.
 */

/** What opens a file, and what its blob is called. */
export interface FileSecret {
  /** UUID. */
  readonly blobId: string;
  /** 32 bytes. */
  readonly key: Bytes;
  /** 7 bytes. */
  readonly nonceBase: Bytes;
}

/** What an upload is gone on with, made when it begins. */
export interface UploadTicket extends FileSecret {
  /** 32 bytes: what the server wants to see of who adds to the blob or deletes it. */
  readonly uploadSecret: Bytes;
}

/** How far an upload may have gone: everything that may have been sent is below `sealed`, and has this hash. */
export interface Checkpoint {
  /** Bytes of the blob, always whole chunks. */
  readonly sealed: number;
  /** Of these chunks (`worker/sealing.ts`). */
  readonly hash: Bytes;
}

/** A file that is on the server as a whole; all that a message says of how to get it. */
export interface SealedFile extends FileSecret {
  /** Bytes of the file. */
  readonly size: number;
  /** Of all chunks of the blob (`worker/sealing.ts`). */
  readonly hash: Bytes;
}

/** How far a transfer is, in bytes of the file. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** `waiting`: the connection is lost, and it goes on by itself. `checking`: what was sent before is compared. */
  readonly state: "running" | "waiting" | "checking";
}

/** Where a download goes: into memory, or, where it is to be saved anyway, to the browser's own file store. */
export type Target = "memory" | "disk";

export type Bytes = Uint8Array<ArrayBuffer>;

export type FilesCommand =
  | {
      readonly type: "upload";
      readonly id: number;
      readonly roomId: string;
      readonly file: Blob;
      /** Milliseconds since the Unix epoch. */
      readonly expiresAt: number;
      /** Nothing where it begins. */
      readonly ticket: UploadTicket | null;
      readonly from: Checkpoint | null;
    }
  /** What was to be noted of an upload is stored; it may go on. */
  | { readonly type: "noted"; readonly id: number }
  | { readonly type: "download"; readonly id: number; readonly file: SealedFile; readonly mediaType: string; readonly to: Target }
  /** The transfer ends; of an upload, nothing stays on the server. */
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "delete"; readonly id: number; readonly blobId: string; readonly uploadSecret: Bytes }
  /** Answer to a question for a token; nothing where nobody is signed in, or, `later`, while there is no connection. */
  | { readonly type: "token"; readonly request: number; readonly token: string | null; readonly later?: true }
  /** The network is back. */
  | { readonly type: "nudge" };

export type FilesReport =
  /** To be stored before it goes on: `noted` answers. */
  | { readonly type: "note"; readonly id: number; readonly ticket: UploadTicket; readonly checkpoint: Checkpoint | null }
  | { readonly type: "progress"; readonly id: number; readonly progress: Progress }
  | { readonly type: "uploaded"; readonly id: number; readonly file: SealedFile }
  | { readonly type: "downloaded"; readonly id: number; readonly blob: Blob }
  | { readonly type: "deleted"; readonly id: number }
  | { readonly type: "failed"; readonly id: number; readonly code: FileFailure; readonly seconds?: number }
  /** Asks for the session's token, another one than `stale`. */
  | { readonly type: "token"; readonly request: number; readonly stale: string | null };

/** Why a transfer ended: a code of the server, or one of these. */
export type FileFailure = "file_changed" | "file_unreadable" | "file_damaged" | "file_cancelled" | "file_store_full" | "core_failed" | (string & {});
