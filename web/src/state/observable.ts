/** A value that changes, and tells; what React's `useSyncExternalStore` wants, and nothing more. */
export interface Readable<T> {
  /** The present value; the same object until it changes. */
  readonly get: () => T;
  /** Hears of each change until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A value with one owner, who sets it. */
export class Store<T> implements Readable<T> {
  readonly #listeners = new Set<() => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  // Bound, because they are handed to React as they are.
  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }
}
