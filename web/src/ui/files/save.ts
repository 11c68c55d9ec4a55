import { MAX_SHOWN_LEN } from "../../files/kinds";
import type { Transfer } from "../../files/client";
import type { FileSource, ShownFile } from "./shown-file";

/** The browser has long begun to copy what it saves by then. */
const KEPT_MS = 10 * 60 * 1_000;

/** Gets a file and gives it to the browser to save; nothing where it is not there yet. A large one goes over the disk. */
export function beginSaving(files: FileSource, file: ShownFile): Transfer<Blob> | null {
  if (!file.sealed) return null;
  const to = file.size > MAX_SHOWN_LEN ? "disk" : "memory";
  return files.download(file.sealed, "application/octet-stream", to);
}

/** Hands a blob to the browser under a name. */
export function handOut(blob: Blob, name: string): void {
  const link = document.createElement("a");
  const url = URL.createObjectURL(blob);
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, KEPT_MS);
}
