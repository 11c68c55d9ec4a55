/**
 * Keeps blurring from taking the computer away from the call: where a frame takes too long there are fewer of them, and
 * smaller ones; where the fewest are too many still, it gives up, and no picture goes out any more.
 */

/** How many frames a second come out, and how high they are at most, in pixels. */
export interface Pace {
  readonly rate: number;
  readonly height: number;
}

/** More than the first take a core for what nobody notices; fewer than the last are no moving picture. */
export const PACES: readonly [Pace, ...Pace[]] = [
  { rate: 24, height: 720 },
  { rate: 15, height: 540 },
  { rate: 10, height: 360 },
  { rate: 5, height: 360 },
];

/**
 * A frame may take this share of its time. More, and encoding, sound and the page itself would wait on small machines; less,
 * and pictures would stutter where there is room.
 */
export const MOST_SHARE = 0.6;

/** A faster pace is tried where its frames would take this share of their time at most; the gap keeps it from going to and fro. */
export const EASY_SHARE = 0.35;

/** Judged by the mean of so long: shorter, and one busy moment would count; longer, and the call would suffer for it. */
export const WINDOW_MS = 3_000;

/** With fewer frames than this nothing is known: the first are slow, for their code is being made fast. */
export const FEWEST_FRAMES = 5;

/** At the slowest pace even a frame that takes all of its time is borne for this long, for other programs come and go. */
export const PATIENCE_MS = 10_000;

export type Judgement = "on" | "changed" | "given_up";

export class Guard {
  private step = 0;
  private since: number | null = null;
  private took = 0;
  private frames = 0;
  /** Since when the slowest pace has been too fast. */
  private hopeless: number | null = null;

  get pace(): Pace {
    return PACES[this.step] ?? PACES[0];
  }

  /** A frame came out at `now` and took so long, in milliseconds. */
  judge(now: number, took: number): Judgement {
    this.since ??= now - took;
    this.took += took;
    this.frames += 1;
    if (now - this.since < WINDOW_MS || this.frames < FEWEST_FRAMES) return "on";
    const mean = this.took / this.frames;
    const began = this.since;
    this.since = now;
    this.took = 0;
    this.frames = 0;
    return this.step === PACES.length - 1 && mean * this.pace.rate > 1_000 ? this.despair(began, now) : this.adapt(mean);
  }

  private despair(began: number, now: number): Judgement {
    this.hopeless ??= began;
    return now - this.hopeless >= PATIENCE_MS ? "given_up" : "on";
  }

  private adapt(mean: number): Judgement {
    this.hopeless = null;
    const share = (pace: Pace): number => (mean * pace.rate) / 1_000;
    const faster = PACES[this.step - 1];
    if (share(this.pace) > MOST_SHARE && this.step < PACES.length - 1) this.step += 1;
    else if (faster && share(faster) < EASY_SHARE) this.step -= 1;
    else return "on";
    return "changed";
  }
}
