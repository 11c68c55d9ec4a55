/**
 * Lets go of bytes at once. A browser collects large buffers late: hundreds of megabytes would lie there while a file of
 * gigabytes goes by. Where it cannot be done by hand, the browser does it in its own time.
 */
export function free(bytes: Uint8Array): void {
  // Nobody else's view of them is of any use from here on.
  (bytes.buffer as { transfer?: (length: number) => ArrayBuffer }).transfer?.(0);
}
