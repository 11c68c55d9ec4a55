import type { MouseEvent } from "react";

/** The button goes with what it answers; the focus stays with the call. */
export function keepFocus({ currentTarget }: MouseEvent): void {
  currentTarget.closest("main")?.focus({ preventScroll: true });
}
