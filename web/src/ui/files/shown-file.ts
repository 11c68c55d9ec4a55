import type { FilesClient } from "../../files/client";
import type { Progress, SealedFile } from "../../files/wire";
import type { Failure } from "../../state/core";
import type { Readable } from "../../state/observable";

/** A file of a message, as its views want it. */
export interface ShownFile {
  readonly name: string;
  /** As its sender says. */
  readonly mediaType: string;
  readonly size: number;
  /** Whether it may be kept outside of the app. */
  readonly maySave: boolean;
  readonly dimensions: { readonly width: number; readonly height: number } | null;
  readonly durationMs: number | null;
  /** Of a voice note. */
  readonly waveform: Uint8Array | null;
  /** A small picture: WebP or JPEG. */
  readonly thumbnail: Uint8Array<ArrayBuffer> | null;
  /** How to get it; nothing while it is on its way to the server. */
  readonly sealed: SealedFile | null;
}

/** An own file that is not on the server as a whole. */
export interface Sending {
  readonly progress: Readable<Progress>;
  /** Why it stopped. */
  readonly failure: Failure | null;
  readonly cancel: () => void;
  readonly retry: () => void;
}

/** What views need of the files worker. */
export type FileSource = Pick<FilesClient, "download">;
