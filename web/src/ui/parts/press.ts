import type { KeyPress } from "../../state/shortcuts";
import { topmost } from "./escape";

/** What a key press is, apart from the page. */
export function pressOf(event: KeyboardEvent): KeyPress {
  const target = event.target instanceof Element ? event.target : null;
  return {
    key: event.key,
    code: event.code,
    ctrl: event.ctrlKey,
    meta: event.metaKey,
    alt: event.altKey,
    shift: event.shiftKey,
    repeat: event.repeat,
    inText: target?.closest("input, textarea, select, [contenteditable='true']") !== null && target !== null,
    inDialog: topmost() !== undefined,
    onControl: target?.closest("button, a, input, select, textarea, [role=menuitem]") !== null && target !== null,
  };
}
