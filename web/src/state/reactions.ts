import type { Reaction } from "../core/generated/Reaction";
import { Store } from "./observable";

/** In the order of the keys 1 to 5. */
export const REACTIONS = ["like", "celebrate", "love", "laugh", "surprised"] as const satisfies readonly Reaction[];

/** Whether it names a reaction. */
export function isReaction(text: string): text is Reaction {
  return (REACTIONS as readonly string[]).includes(text);
}

/** How each looks; its name is in the catalogue, as `reaction.…`. */
export const EMOJI: Readonly<Record<Reaction, string>> = {
  like: "👍",
  celebrate: "🎉",
  love: "❤️",
  laugh: "😂",
  surprised: "😮",
};

/** How long a reaction stays on a tile. Shorter is missed by who looks elsewhere, longer outlives what it is about. */
export const REACTION_MS = 5_000;

/** A reaction on a tile. */
export interface ShownReaction {
  /** Another one for each, so that the same sign twice shows twice. */
  readonly id: number;
  readonly reaction: Reaction;
}

/** Reactions by leaf: the newest of each participant, for some seconds. */
export class Reactions {
  readonly shown = new Store<ReadonlyMap<number, ShownReaction>>(new Map());
  readonly #listeners = new Set<(leaf: number, reaction: Reaction) => void>();
  #nextId = 1;

  /** Hears each reaction from now on, until the returned function is called. */
  onReaction(listener: (leaf: number, reaction: Reaction) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  take(leaf: number, reaction: Reaction): void {
    const id = this.#nextId++;
    this.shown.update((shown) => new Map(shown).set(leaf, { id, reaction }));
    setTimeout(() => {
      this.#end(leaf, id);
    }, REACTION_MS);
    for (const listener of this.#listeners) listener(leaf, reaction);
  }

  /** The call is over. */
  clear(): void {
    this.shown.set(new Map());
  }

  #end(leaf: number, id: number): void {
    if (this.shown.get().get(leaf)?.id !== id) return;
    this.shown.update((shown) => new Map([...shown].filter(([other]) => other !== leaf)));
  }
}
