import type { FileCard } from "../../core/generated/FileCard";
import { factsOf, sealedFile, type FileFacts } from "../../files/cards";
import type { FilesClient } from "../../files/client";
import type { Progress, SealedFile } from "../../files/wire";
import type { Failure } from "../../state/core";
import type { Readable } from "../../state/observable";

/** A file of a message, as its views want it. */
export interface ShownFile extends FileFacts {
  readonly size: number;
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

/** The file that a message carries. */
export function shownFile(card: FileCard): ShownFile {
  return { ...factsOf(card), size: card.size, sealed: sealedFile(card) };
}
