import { useEffect } from "react";
import { useApp, useStore } from "../app/context";
import { playTones } from "./tones";

/** Sounds as long as something rings, unless the person switched that off. */
export function useTones(which: "incoming" | "outgoing" | null): void {
  const { client } = useApp();
  const { ring, quiet } = useStore(client.preferences.view);
  useEffect(() => {
    if (which === null || !ring || (quiet && which === "incoming")) return undefined;
    return playTones(which);
  }, [which, ring, quiet]);
}
