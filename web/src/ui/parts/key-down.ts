import { useEffect, useEffectEvent } from "react";

/** Hears each key of the page that goes down, as long as what uses it is drawn. */
export function useKeyDown(onKeyDown: (event: KeyboardEvent) => void): void {
  const heard = useEffectEvent(onKeyDown);
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      heard(event);
    };
    window.addEventListener("keydown", listener);
    return () => {
      window.removeEventListener("keydown", listener);
    };
  }, []);
}
