import { isSearchKey } from "../../state/shortcuts";
import { useApp, useStore } from "../app/context";
import { useKeyDown } from "../parts/key-down";
import { pressOf } from "../parts/press";

/** Hears the keys that lead to the search. */
export function useSearchKey(onSearch: () => void): void {
  const { client } = useApp();
  const { singleKeyShortcuts } = useStore(client.preferences.view);
  useKeyDown((event) => {
    if (event.defaultPrevented || !isSearchKey(pressOf(event), singleKeyShortcuts)) return;
    // The browser would search itself.
    event.preventDefault();
    onSearch();
  });
}
