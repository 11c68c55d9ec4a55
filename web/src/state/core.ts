import type { Command } from "../core/generated/Command";
import type { Event } from "../core/generated/Event";
import type { Failure } from "../core/generated/Failure";
import type { Reply } from "../core/generated/Reply";

/** Everything that the core tells by itself; answers to commands come from `send`. */
export type CoreEvent = Exclude<Event, { type: "reply" }>;

/** An answer of type `failed` is thrown away by nobody: it is a value like the others. */
export type { Command, Failure, Reply };

/** The device's core, wherever it runs (a worker of this tab, or of another tab of the same device). */
export interface CoreClient {
  /**
   * Hands in a command. Never rejects: what goes wrong, the core's own death included, is a `failed` reply.
   */
  send(command: Command): Promise<Reply>;
  /** The network may have changed: the connection to the server is tried, and made anew where it leads nowhere. */
  nudge(): void;
  /**
   * Hears every event from now on. The first events are the present state (session, rooms, call), delivered
   * after this returns.
   */
  onEvent(listener: (event: CoreEvent) => void): () => void;
}

/** One with a store that can be locked. */
export interface DeviceClient extends CoreClient {
  /** The person did something. After so long without, the store is locked, if it has a lock; nothing: it is not. */
  active(idleMs: number | null): void;
  /** Locks the store, if it has a lock. */
  lock(): void;
}
