import type { KeyboardEvent } from "react";

/** Left and right move between the buttons of a toolbar, as they stand on the screen; Home and End to its ends. */
export function moveByArrow(event: KeyboardEvent<HTMLElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.findIndex((button) => button === event.target);
  const onward = isRightToLeft(event.currentTarget) ? -1 : 1;
  const to = { ArrowLeft: at - onward, ArrowRight: at + onward, Home: 0, End: buttons.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  buttons[Math.min(Math.max(to, 0), buttons.length - 1)]?.focus();
}

/** Whether lines run from right to left there. */
export function isRightToLeft(element: Element): boolean {
  return getComputedStyle(element).direction === "rtl";
}
