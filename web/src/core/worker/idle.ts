/** Calls when a person has done nothing for as long as the person chose. */
export class Idle {
  /** Whether there is something to lock. */
  armed = false;
  private readonly may: () => boolean;
  private readonly lock: () => void;
  private idleMs: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private activeAt = 0;

  /** `may`: whether it may be now; it is looked again after the same time. */
  constructor(may: () => boolean, lock: () => void) {
    this.may = may;
    this.lock = lock;
  }

  active(idleMs: number | null): void {
    this.idleMs = idleMs;
    this.activeAt = Date.now();
    this.wait();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.idleMs = null;
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (this.idleMs === null) return;
    const left = this.activeAt + this.idleMs - Date.now();
    // A computer that slept comes back late: what counts is the clock.
    this.timer = setTimeout(() => this.look(), Math.max(left, 0));
  }

  private look(): void {
    if (this.idleMs === null || Date.now() < this.activeAt + this.idleMs) return this.wait();
    if (!this.may()) return this.active(this.idleMs);
    if (this.armed) this.lock();
  }
}
