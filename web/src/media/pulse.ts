/** Whether anything still comes over a connection: where an address changed, neither end hears of it for many seconds. */

/** How often it is looked. Rarer finds a lost way later, more often costs a phone more. */
export const LOOK_MS = 250;

/** A way is doubted when nothing came for this long, and for so many times the longest pause of late: sound of who is silent
 * comes twice a second, and of a call without any, reports alone. */
const LEAST_MS = 1_000;
const PAUSES = 3;

/** Nothing is longer without doubt: of every way, the browser's own checks are answered within this time. */
const MOST_MS = 8_000;

/** Of so many pauses the longest counts. */
const REMEMBERED = 8;

/** Looks without anything at least: a page that slept looks late. */
const LOOKS = 3;

export class Pulse {
  private readonly pauses: number[] = [];
  private received = 0;
  private cameAt: number | null = null;
  private looks = 0;
  private silent = false;
  private least = LEAST_MS;

  /** Takes what came so far, in bytes or packets, at a time in milliseconds; says whether the way is to be doubted now, once. */
  note(at: number, received: number): boolean {
    // Ways that are given up take their count along: less says nothing of what came.
    if (received < this.received) this.received = received;
    if (received > this.received) {
      if (this.cameAt !== null) this.pauses.push(at - this.cameAt);
      // It was the way after all, on which less comes now: of a muted voice come reports alone.
      if (this.silent) this.least = Math.min(2 * this.least, MOST_MS);
      if (this.pauses.length > REMEMBERED) this.pauses.shift();
      this.received = received;
      this.cameAt = at;
      this.looks = 0;
      this.silent = false;
      return false;
    }
    this.looks += 1;
    // Of a way over which nothing ever came, nothing is known.
    if (this.silent || this.cameAt === null || this.pauses.length < REMEMBERED || this.looks < LOOKS) return false;
    this.silent = at - this.cameAt >= Math.max(this.least, PAUSES * Math.max(...this.pauses));
    return this.silent;
  }

  /** Nothing came since the way was doubted. */
  get isSilent(): boolean {
    return this.silent;
  }
}

/** What came so far over all ways of a connection; null where the browser does not say. */
export function came(report: RTCStatsReport): number | null {
  let sum: number | null = null;
  for (const { type, bytesReceived, responsesReceived } of report.values() as Iterable<PairStat>) {
    if (type !== "candidate-pair" || bytesReceived === undefined) continue;
    sum = (sum ?? 0) + bytesReceived + (responsesReceived ?? 0);
  }
  return sum;
}

interface PairStat {
  readonly type: string;
  readonly bytesReceived?: number;
  readonly responsesReceived?: number;
}
