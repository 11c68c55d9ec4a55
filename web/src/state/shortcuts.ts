import type { Reaction } from "../core/generated/Reaction";
import { REACTIONS } from "./reactions";

/** What a key does in a call; a reaction is given. */
export type ShortcutAction =
  | Reaction
  | "microphone"
  | "camera"
  | "share"
  | "hand"
  | "people"
  | "chat"
  | "layout"
  | "fullScreen"
  | "statistics"
  | "toolbar"
  | "help"
  | "talk";

/** A key press, without the DOM. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly repeat: boolean;
  /** The focus is where text is typed. */
  readonly inText: boolean;
  /** A dialog is open, or the focus is in one. */
  readonly inDialog: boolean;
  /** The focus is on something that Space or a letter operates itself. */
  readonly onControl: boolean;
}

const SINGLE: Readonly<Record<string, ShortcutAction>> = {
  m: "microphone",
  v: "camera",
  d: "share",
  h: "hand",
  p: "people",
  c: "chat",
  g: "layout",
  f: "fullScreen",
  t: "statistics",
};

/**
 * What a press means, if anything. Single keys can be switched off (WCAG 2.1.4); Ctrl or ⌘ with D and E, and F2,
 * always work. Key repeat does nothing.
 */
export function shortcutOf(press: KeyPress, singleKeys: boolean): ShortcutAction | null {
  if (press.repeat || press.alt || press.inDialog) return null;
  const key = press.key.toLowerCase();
  if (press.ctrl !== press.meta && !press.shift) {
    if (key === "d") return "microphone";
    return key === "e" ? "camera" : null;
  }
  if (press.ctrl || press.meta) return null;
  if (press.key === "F2") return "toolbar";
  if (press.inText || !singleKeys) return null;
  if (press.key === "?") return "help";
  if (press.shift) return null;
  if (press.code === "Space") return press.onControl ? null : "talk";
  return SINGLE[key] ?? reactionOf(press.code);
}

/** Whether a press leads to the search: Ctrl or ⌘ with K anywhere, and `/` where nothing is typed. */
export function isSearchKey(press: KeyPress, singleKeys: boolean): boolean {
  if (press.repeat || press.alt || press.inDialog) return false;
  if (press.ctrl !== press.meta) return !press.shift && press.key.toLowerCase() === "k";
  // On some keyboards it needs Shift.
  return !press.ctrl && press.key === "/" && singleKeys && !press.inText;
}

/** By the place of the key: on some keyboards a digit needs Shift. */
function reactionOf(code: string): Reaction | null {
  const digit = /^(?:Digit|Numpad)([1-5])$/.exec(code)?.[1];
  return digit === undefined ? null : (REACTIONS[Number(digit) - 1] ?? null);
}
