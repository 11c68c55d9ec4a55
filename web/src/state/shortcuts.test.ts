import { expect, test } from "vitest";
import { isSearchKey, shortcutOf, type KeyPress } from "./shortcuts";

const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: key === " " ? "Space" : `Key${key.toUpperCase()}`,
  ctrl: false,
  meta: false,
  alt: false,
  shift: false,
  repeat: false,
  inText: false,
  inDialog: false,
  onControl: false,
  ...change,
});

const meaning = (key: string, change?: Partial<KeyPress>) => shortcutOf(press(key, change), true);

test("single keys and the two that every meeting program has", () => {
  expect(["m", "v", "d", "h", "p", "c", "g", "f", "?", "F2", " "].map((key) => meaning(key))).toEqual([
    "microphone", "camera", "share", "hand", "people", "chat", "layout", "fullScreen", "help", "toolbar", "talk",
  ]);
  expect(meaning("M")).toBe("microphone");
  expect(meaning("d", { ctrl: true })).toBe("microphone");
  expect(meaning("e", { meta: true })).toBe("camera");
});

test("the digits 1 to 5 are reactions, by their place on the keyboard", () => {
  const digits = ["Digit1", "Digit2", "Digit3", "Digit4", "Numpad5", "Digit6"];
  // As a keyboard gives them where digits need Shift.
  expect(digits.map((code) => meaning("&", { code }))).toEqual(["like", "celebrate", "love", "laugh", "surprised", null]);
  expect(meaning("1", { code: "Digit1", inText: true })).toBeNull();
  expect(shortcutOf(press("1", { code: "Digit1" }), false)).toBeNull();
});

test("a letter that is typed, or belongs to another shortcut, does nothing", () => {
  for (const change of [{ inText: true }, { inDialog: true }, { repeat: true }, { alt: true }, { shift: true }, { ctrl: true }] as const) {
    expect(shortcutOf(press("m", change), true), JSON.stringify(change)).toBeNull();
  }
  expect(shortcutOf(press("d", { ctrl: true, shift: true }), true)).toBeNull();
});

const leads = (key: string, change?: Partial<KeyPress>, single = true): boolean => isSearchKey(press(key, change), single);

test("Ctrl+K, ⌘K and a slash that nobody types lead to the search", () => {
  for (const change of [{ ctrl: true }, { meta: true }, { ctrl: true, inText: true }]) expect(leads("k", change), JSON.stringify(change)).toBe(true);
  expect(leads("/")).toBe(true);
  expect(leads("/", { shift: true })).toBe(true);
  for (const change of [{}, { ctrl: true, meta: true }, { ctrl: true, shift: true }, { ctrl: true, alt: true }, { ctrl: true, inDialog: true }, { ctrl: true, repeat: true }]) {
    expect(leads("k", change), JSON.stringify(change)).toBe(false);
  }
  expect(leads("/", { inText: true })).toBe(false);
  expect(leads("/", { ctrl: true })).toBe(false);
  expect(leads("/", {}, false)).toBe(false);
  expect(leads("k", { ctrl: true }, false)).toBe(true);
});

test("Space on a focused control is the control's", () => {
  expect(shortcutOf(press(" ", { onControl: true }), true)).toBeNull();
});

test("switched off, single keys do nothing, and the others still work", () => {
  for (const key of ["m", "v", "d", "h", "p", "?", " "]) expect(shortcutOf(press(key), false), key).toBeNull();
  expect(shortcutOf(press("d", { ctrl: true }), false)).toBe("microphone");
  expect(shortcutOf(press("F2"), false)).toBe("toolbar");
});
