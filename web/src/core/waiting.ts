/** Frames that cannot be opened yet: their key, or the word whose slot it is, may be on its way. */

/** How long a frame waits: a commit and its key take less. */
export const PATIENCE_MS = 1_000;

/** Frames that wait in one slot: a second of audio, or of video at any usual rate. Beyond: the oldest goes. */
export const MAX_WAITING = 128;

/** Bytes that wait in one slot: some key frames of a camera. Beyond: the oldest goes. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024;

export class WaitingFrames<Frame extends { readonly data: ArrayBuffer }> {
  private frames: { frame: Frame; until: number }[] = [];
  private bytes = 0;

  /** Whether nothing had to go for it. */
  push(frame: Frame, now: number): boolean {
    this.frames.push({ frame, until: now + PATIENCE_MS });
    this.bytes += frame.data.byteLength;
    let whole = true;
    while (this.frames.length > MAX_WAITING || this.bytes > MAX_WAITING_BYTES) {
      this.bytes -= this.frames.shift()?.frame.data.byteLength ?? 0;
      whole = false;
    }
    return whole;
  }

  /** Offers every frame in order; `take` says whether it is done with. Tells how many ran out of time. */
  offer(now: number, take: (frame: Frame) => boolean): number {
    let late = 0;
    this.frames = this.frames.filter(({ frame, until }) => {
      if (now >= until) {
        late += 1;
        return false;
      }
      return !take(frame);
    });
    this.bytes = this.frames.reduce((sum, { frame }) => sum + frame.data.byteLength, 0);
    return late;
  }

  get size(): number {
    return this.frames.length;
  }
}
