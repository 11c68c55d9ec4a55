import { useCallback, useSyncExternalStore } from "react";
import type { MediaView } from "../../state/media";
import { useApp } from "../app/context";

/** The present view of devices and media. */
export function useMedia(): MediaView {
  const { media } = useApp();
  const subscribe = useCallback((listener: () => void) => media.subscribe(listener), [media]);
  const view = useCallback(() => media.view(), [media]);
  return useSyncExternalStore(subscribe, view);
}
