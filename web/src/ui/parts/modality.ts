/** Whether the last that was done was done with keys. Browsers show the focus after their own guess, which scripts confuse. */
export function byKeyboard(): boolean {
  return keyboard;
}

let keyboard = false;

/** Keys that do nothing by themselves say nothing. */
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta"]);

document.addEventListener(
  "keydown",
  ({ key }) => {
    if (!MODIFIERS.has(key)) keyboard = true;
  },
  true,
);
document.addEventListener(
  "pointerdown",
  () => {
    keyboard = false;
  },
  true,
);
