/** How much of what is sent gets lost, and how often sound is repeated for it. */
import { MOST_REPEATED } from "../core/worker/redundancy";

/** Share of the packets with sound that may be lost with all that repeat them; the server's `LOST_FOR_GOOD`. */
const LOST_FOR_GOOD = 0.003;

/** Weight of the newest report: sound that is lost cannot wait to be protected, and reports differ by chance. */
const RISE = 0.5;
const FALL = 0.1;

export class Losses {
  private share = 0;
  private heardAt = 0;

  /** Takes a report that was made at that time. */
  note(at: number, lost: number): void {
    if (at === this.heardAt) return;
    this.heardAt = at;
    this.share += (lost > this.share ? RISE : FALL) * (lost - this.share);
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
