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

  /** `at`: when the person did something. Who comes when the time was over already, as to a computer that slept, is too late. */
  active(idleMs: number | null, at: number): void {
    if (this.isOver(at) && this.armed && this.may()) return this.lock();
    this.idleMs = idleMs;
    this.activeAt = at;
    this.wait();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.idleMs = null;
  }

  private isOver(now: number): boolean {
    return this.idleMs !== null && now >= this.activeAt + this.idleMs;
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (this.idleMs === null) return;
    const left = this.activeAt + this.idleMs - Date.now();
    // A computer that slept comes back late: what counts is the clock.
    this.timer = setTimeout(() => this.look(), Math.max(left, 0));
  }

  private look(): void {
    const now = Date.now();
    if (!this.isOver(now)) return this.wait();
    if (!this.may()) {
      this.activeAt = now;
      return this.wait();
    }
    if (this.armed) this.lock();
  }
}
