import { useKeyDown } from "./key-down";

/**
 * Hears Esc while nothing has the focus: between a dialog that has gone and the control that gets its focus back, or after
 * the control that had it went. Closes what stands topmost, and nothing that comes to stand there by that.
 */
export function useEscapeFromNowhere(isMeant: () => boolean, close: () => void): void {
  useKeyDown((event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.target !== document.body || !isMeant()) return;
    // What this closes may be gone before the next listener looks.
    event.preventDefault();
    close();
  });
}

/** The dialog or menu that stands above all others. */
export function topmost(): Element | undefined {
  return [...document.querySelectorAll("[role=dialog], [role=alertdialog], [role=menu]")].at(-1);
}
