/** Waiting for a connection to come back: longer each time, and no longer once somebody says that the network is back. */
import { Refusal, Unreachable } from "./server";

const FIRST_MS = 500;

/** Long enough that a server that is down is not beaten, short enough that nobody waits in vain once it is back. */
const LONGEST_MS = 30_000;

export class Patience {
  private readonly waiting = new Set<() => void>();
  private readonly random: () => number;

  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  /** The network is back: whoever waits tries now. */
  nudge(): void {
    for (const wake of this.waiting) wake();
  }

  /** Does `work` until it is done, refused or aborted. `lost` hears when it has to wait, and `back` when it goes on. */
  async persist<T>(work: () => Promise<T>, signal: AbortSignal, lost: () => void): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        const after = waitOf(error);
        if (after === null) throw error;
        lost();
        await this.wait(after ?? this.backoff(tries), signal);
      }
    }
  }

  /** Some time that grows with each try; a crowd that lost the same server does not come back at one moment. */
  private backoff(tries: number): number {
    const most = Math.min(FIRST_MS * 2 ** tries, LONGEST_MS);
    return most * (0.5 + this.random() / 2);
  }

  private async wait(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.waiting.add(done);
      signal.addEventListener("abort", done);
    });
    signal.throwIfAborted();
  }
}

/** Nothing where trying again is of no use; undefined where nobody says how long to wait. */
function waitOf(error: unknown): number | undefined | null {
  if (error instanceof Unreachable) return error.retryAfterMs ?? undefined;
  if (error instanceof Refusal) return error.retryAfterMs;
  return null;
}
