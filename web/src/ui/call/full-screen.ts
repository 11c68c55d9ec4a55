import { useEffect, useSyncExternalStore } from "react";
import { useApp } from "../app/context";

export interface FullScreen {
  /** Whether this browser can show a page on the whole screen (iPhones cannot). */
  readonly available: boolean;
  readonly on: boolean;
  readonly toggle: () => void;
}

/** The call on the whole screen; the call's end ends it. */
export function useFullScreen(): FullScreen {
  const { client } = useApp();
  const on = useSyncExternalStore(onChange, () => Boolean(document.fullscreenElement));
  useEffect(() => leave, []);
  const available = canFullScreen();
  return {
    available,
    on,
    toggle: () => {
      if (!available) return;
      if (on) {
        leave();
        return;
      }
      // The page, not a part of it: menus, dialogs and tooltips stand beside the call.
      document.documentElement.requestFullscreen({ navigationUI: "hide" }).catch(() => {
        client.board.notify("status", (t) => t("call.full_screen.refused"));
      });
    },
  };
}

/** Not every browser has it, whatever the types say. */
export function canFullScreen(): boolean {
  return (document as Partial<Document>).fullscreenEnabled === true;
}

function onChange(listener: () => void): () => void {
  document.addEventListener("fullscreenchange", listener);
  return () => {
    document.removeEventListener("fullscreenchange", listener);
  };
}

function leave(): void {
  // Rejected where the person was faster.
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
}
