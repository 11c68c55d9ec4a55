/**
 * Milliseconds since 1970 that go on as time does: a clock that is set back while the program runs does not make it
 * earlier, and what the steady clock missed, as devices sleep, is caught up. So nothing that is to end lives longer.
 */
export class Clock {
  readonly #wall: () => number;
  readonly #steady: () => number;
  /** What the time was when the steady clock began. */
  #origin: number;

  constructor(wall = () => Date.now(), steady = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
    this.#origin = wall() - steady();
  }

  now(): number {
    this.#origin = Math.max(this.#origin, this.#wall() - this.#steady());
    return Math.floor(this.#origin + this.#steady());
  }
}
