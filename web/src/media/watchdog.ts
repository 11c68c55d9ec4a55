/** Notices media that goes around its transform. */

/**
 * Frames that may be under way between a codec and its transform when both are counted. Lower cries wolf, higher
 * lets more frames pass.
 */
const SLACK = 5;

/** Totals of one track, both counted since it began. */
export interface Totals {
  /** Frames that the browser encoded (or decoded). */
  readonly codec: number;
  /** Frames that went through the transform. */
  readonly transform: number;
}

/** Compares totals from one look to the next. */
export class Watchdog {
  private last: Totals | null;

  /** From the beginning of a track; or, where the transform began later, from the first look. */
  constructor(from: "beginning" | "first look" = "beginning") {
    this.last = from === "beginning" ? { codec: 0, transform: 0 } : null;
  }

  /** Whether frames went on without the transform since the last look that saw any of them. */
  goesAround(now: Totals): boolean {
    this.last ??= now;
    const codec = now.codec - this.last.codec;
    const transform = now.transform - this.last.transform;
    if (codec < 0 || transform > 0) {
      this.last = now;
      return false;
    }
    return codec > SLACK;
  }
}
