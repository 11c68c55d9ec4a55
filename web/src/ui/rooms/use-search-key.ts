import { useEffect, useEffectEvent } from "react";
import { isSearchKey } from "../../state/shortcuts";
import { useApp, useStore } from "../app/context";
import { pressOf } from "../parts/press";

/** Hears the keys that lead to the search. */
export function useSearchKey(onSearch: () => void): void {
  const { client } = useApp();
  const { singleKeyShortcuts } = useStore(client.preferences.view);
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || !isSearchKey(pressOf(event), singleKeyShortcuts)) return;
    // The browser would search itself.
    event.preventDefault();
    onSearch();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      onKeyDown(event);
    };
    window.addEventListener("keydown", listener);
    return () => {
      window.removeEventListener("keydown", listener);
    };
  }, []);
}
