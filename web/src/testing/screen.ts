import { act } from "@testing-library/react";
import { vi } from "vitest";

/** What an element with a size is to tests without a layout: every one is as large as the stage. */
export function stageOf(width: number, height: number): void {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(width);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(height);
}

/** An observer that sees what a test says. */
export class Eyes {
  readonly #all = new Set<{ tell: (seen: (element: Element) => boolean) => void }>();

  constructor() {
    const all = this.#all;
    class Observer implements Pick<IntersectionObserver, "observe" | "disconnect"> {
      readonly #callback: IntersectionObserverCallback;
      readonly #elements: Element[] = [];

      constructor(callback: IntersectionObserverCallback) {
        this.#callback = callback;
        all.add(this);
      }

      observe(element: Element): void {
        this.#elements.push(element);
      }

      disconnect(): void {
        all.delete(this);
      }

      tell(seen: (element: Element) => boolean): void {
        const entries = this.#elements.map((target) => ({ target, isIntersecting: seen(target) }));
        this.#callback(entries as IntersectionObserverEntry[], this as unknown as IntersectionObserver);
      }
    }
    vi.stubGlobal("IntersectionObserver", Observer);
  }

  /** Of what is observed, exactly this is in sight. */
  see(seen: (element: Element) => boolean): void {
    act(() => {
      for (const observer of this.#all) observer.tell(seen);
    });
  }
}

/** The page goes behind another tab, or comes back. */
export function hidePage(hidden: boolean): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(hidden ? "hidden" : "visible");
  act(() => {
    document.dispatchEvent(new Event("visibilitychange"));
  });
}
