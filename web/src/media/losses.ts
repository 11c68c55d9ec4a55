/** How much of what is sent gets lost, and how often sound is repeated for it. */
import { MOST_REPEATED } from "../core/worker/redundancy";

/** Share of the packets with sound that may be lost with all that repeat them; the server's `LOST_FOR_GOOD`. */
const LOST_FOR_GOOD = 0.003;

/** Weight of the newest report: sound that is lost cannot wait to be protected, and reports differ by chance. */
const RISE = 0.5;
const FALL = 0.1;

/** What is lost in so many reports, some seconds, without the way taking longer, is not lost because too much is sent. */
const STEADY_REPORTS = 5;
const STEADY_SHARE = 0.08;

/** A way that is too full takes longer: twice as long as ever, and so many seconds beyond. */
const LONGER = 0.1;

export class Losses {
  private share = 0;
  private heardAt = 0;
  private readonly last: { readonly lost: number; readonly rtt: number }[] = [];
  private least = Infinity;
  private random = false;

  /** Takes a report that was made at that time: the share that was lost, and the time there and back in seconds, if known. */
  note(at: number, lost: number, rtt: number | undefined): void {
    if (at === this.heardAt) return;
    this.heardAt = at;
    this.share += (lost > this.share ? RISE : FALL) * (lost - this.share);
    this.least = Math.min(this.least, rtt ?? Infinity);
    this.last.push({ lost, rtt: rtt ?? 0 });
    if (this.last.length > STEADY_REPORTS) this.last.shift();
    this.random = this.judge();
  }

  /** The way loses much, however little is sent. */
  get atRandom(): boolean {
    return this.random;
  }

  private judge(): boolean {
    if (this.last.some(({ rtt }) => rtt > 2 * this.least + LONGER)) return false;
    const much = this.last.filter(({ lost }) => lost >= STEADY_SHARE).length;
    return this.random ? much > 0 : much === STEADY_REPORTS;
  }

  /** How many blocks each packet repeats, so that hardly any sound is lost with all packets that held it. */
  get depth(): number {
    let gone = this.share;
    for (let depth = 0; depth < MOST_REPEATED; depth += 1) {
      if (gone <= LOST_FOR_GOOD) return depth;
      gone *= this.share;
    }
    return MOST_REPEATED;
  }
}
