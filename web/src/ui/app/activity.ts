import { useEffect } from "react";
import { useApp, useStore } from "./context";

/** What a person does is told at most so often. */
const TOLD_EVERY_MS = 5_000;

const MINUTE_MS = 60_000;

/** Tells that somebody is there, or an upload gets on, so that the store is not locked meanwhile. */
export function useActivity(): void {
  const { client, files } = useApp();
  const { lockAfter } = useStore(client.preferences.view);
  useEffect(() => {
    // Whether there is a lock at all is known where the store is.
    const idleMs = lockAfter > 0 ? lockAfter * MINUTE_MS : null;
    client.active(idleMs);
    if (idleMs === null) return;
    let toldAt = performance.now();
    const tell = (): void => {
      if (performance.now() - toldAt < TOLD_EVERY_MS) return;
      toldAt = performance.now();
      client.active(idleMs);
    };
    const signs = ["pointerdown", "pointermove", "keydown", "wheel"] as const;
    for (const sign of signs) window.addEventListener(sign, tell, { passive: true });
    const still = files.uploads.moved.subscribe(tell);
    return () => {
      still();
      for (const sign of signs) window.removeEventListener(sign, tell);
    };
  }, [client, files, lockAfter]);
}
