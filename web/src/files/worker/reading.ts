/**
 * Reads a stream into the same memory over and over. Browsers collect what they hand out piece by piece so late that hundreds
 * of megabytes lie there while a file of gigabytes goes by. Where one cannot, it hands out as ever.
 */
export class Pieces {
  private readonly stream: ReadableStream<Uint8Array>;
  private readonly byob: ReadableStreamBYOBReader | null;
  private readonly plain: ReadableStreamDefaultReader<Uint8Array> | null;
  private memory: ArrayBuffer;

  constructor(stream: ReadableStream<Uint8Array>, memory: ArrayBuffer) {
    this.stream = stream;
    this.memory = memory;
    this.byob = byobReader(stream);
    this.plain = this.byob ? null : stream.getReader();
  }

  /** The next piece; good until the next call. Nothing at the end. */
  async next(): Promise<Uint8Array | null> {
    if (this.plain) return (await this.plain.read()).value ?? null;
    const read = await this.byob?.read(new Uint8Array(this.memory));
    // The memory was handed away and comes back with what was read.
    if (read?.value) this.memory = read.value.buffer;
    return read && !read.done ? read.value : null;
  }

  cancel(): void {
    const ended = (this.byob ?? this.plain)?.cancel() ?? this.stream.cancel();
    ended.catch(() => {});
  }
}

function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}
