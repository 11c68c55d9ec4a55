/** Notices media that goes around its transform. */

/**
 * Frames that may be under way between a codec and its transform when both are counted. Lower cries wolf, higher
 * lets more frames pass.
 */
const SLACK = 5;

/** One look at a track: totals since it began, in the order in which they are read. */
export interface Look {
  /** Frames that had gone through the transform before the codec was asked. */
  readonly before: number;
  /** Frames that the browser encoded (or decoded). */
  readonly codec: number;
  /** Frames that had gone through the transform after the codec was asked. */
  readonly after: number;
}

/** Compares one look with the next. */
export class Watchdog {
  private last: Look | null;

  /** From the beginning of a track; or, where the transform began later, from the first look. */
  constructor(from: "beginning" | "first look" = "beginning") {
    this.last = from === "beginning" ? { before: 0, codec: 0, after: 0 } : null;
  }

  /**
   * Whether frames went on without the transform since the last look that saw any of them. What the transform did is
   * taken from before the one count of the codec to after the other, so that a page or worker that is late between
   * two counts never looks like one that was gone around.
   */
  goesAround(now: Look): boolean {
    this.last ??= now;
    const codec = now.codec - this.last.codec;
    if (codec < 0 || now.after > this.last.before) {
      this.last = now;
      return false;
    }
    return codec > SLACK;
  }

  /** Whether any frame came after all, of those that seemed to go around. The codec may count nothing of a held track. */
  caughtUp(now: Look): boolean {
    if (!this.last || now.after <= this.last.before) return false;
    this.last = { ...now, codec: Math.max(now.codec, this.last.codec) };
    return true;
  }
}

/** Looks at a held track before its transform counts as lost: two seconds, for a computer that is very busy. */
const PATIENCE_LOOKS = 8;

/** What is to be done with a track that is sent. */
export type Verdict = "fine" | "hold" | "resume" | "lost";

/**
 * Of a track that is sent: it is held at the first suspicion, so that nothing more gets around. Of a transform that is
 * only late (three sizes of two pictures are six frames) the missing ones still arrive, and the track goes on; of one that
 * is lost none ever does.
 */
export class PublishWatchdog {
  private readonly watchdog = new Watchdog();
  private looks = 0;

  judge(now: Look): Verdict {
    if (this.looks === 0) {
      if (!this.watchdog.goesAround(now)) return "fine";
      this.looks = 1;
      return "hold";
    }
    if (this.watchdog.caughtUp(now)) {
      this.looks = 0;
      return "resume";
    }
    this.looks += 1;
    return this.looks > PATIENCE_LOOKS ? "lost" : "hold";
  }
}
