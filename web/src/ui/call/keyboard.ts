import { useEffect, useState } from "react";
import { isReaction } from "../../state/reactions";
import { shortcutOf } from "../../state/shortcuts";
import { useApp, useStore } from "../app/context";
import { useKeyDown } from "../parts/key-down";
import { pressOf } from "../parts/press";
import type { CallActions } from "./actions";

/** Listens to the keys of a call. Returns whether push-to-talk is held. */
export function useCallKeyboard(actions: CallActions): boolean {
  const { client } = useApp();
  const { singleKeyShortcuts } = useStore(client.preferences.view);
  const talking = usePushToTalk();
  useKeyDown((event) => {
    const action = shortcutOf(pressOf(event), singleKeyShortcuts);
    if (action === null) return;
    // Ctrl+D would bookmark, Space would scroll.
    event.preventDefault();
    if (action === "talk") talking.start();
    else if (isReaction(action)) actions.react(action);
    else actions[action]();
  });
  return talking.held;
}

/** The microphone while Space is held. Letting go, or losing the window, always closes it. */
function usePushToTalk(): { readonly held: boolean; readonly start: () => void } {
  const { media } = useApp();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!held) return;
    const stop = (): void => {
      setHeld(false);
      void media.setMicrophone(false);
    };
    const onKeyUp = (event: KeyboardEvent): void => {
      if (event.code === "Space") stop();
    };
    const onHide = (): void => {
      if (document.visibilityState !== "visible") stop();
    };
    window.addEventListener("keyup", onKeyUp);
    window.addEventListener("blur", stop);
    document.addEventListener("visibilitychange", onHide);
    return () => {
      window.removeEventListener("keyup", onKeyUp);
      window.removeEventListener("blur", stop);
      document.removeEventListener("visibilitychange", onHide);
    };
  }, [held, media]);
  const start = (): void => {
    // With an open microphone there is nothing to push for.
    if (media.view().microphone) return;
    setHeld(true);
    void media.setMicrophone(true);
  };
  return { held, start };
}
