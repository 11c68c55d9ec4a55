import { useState, type FocusEvent, type KeyboardEvent, type RefObject } from "react";

/** How Tab and the arrow keys find the messages of a list. */
export interface Stops {
  /** The message at which Tab stops: where one was last, else the newest in the page. */
  readonly stop: string | null;
  readonly onFocus: (event: FocusEvent) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** One message of a list is a stop of Tab; from there, and from whatever is in it, Up, Down, Home and End lead to the others. */
export function useStops(box: RefObject<HTMLElement | null>, ids: readonly string[]): Stops {
  const [last, setLast] = useState<string | null>(null);
  const stop = last !== null && ids.includes(last) ? last : (ids.at(-1) ?? null);
  const onFocus = ({ target }: FocusEvent): void => {
    const message = box.current?.contains(target) ? target.closest<HTMLElement>("[data-message]") : null;
    if (message) setLast(message.dataset["message"] ?? null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const messages = [...(box.current?.querySelectorAll<HTMLElement>("article.message") ?? [])];
    const at = messages.findIndex((message) => event.target instanceof Node && message.contains(event.target));
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: messages.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    messages[Math.min(Math.max(to, 0), messages.length - 1)]?.focus();
  };
  return { stop, onFocus, onKeyDown };
}
