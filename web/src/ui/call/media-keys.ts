import { useEffect, useEffectEvent } from "react";
import type { CallActions } from "./actions";
import { useMedia } from "./use-media";

/** Actions of video calls (W3C Media Session); not among TypeScript's types. */
type CallAction = "togglemicrophone" | "togglecamera" | "hangup" | "enterpictureinpicture";

interface CallMediaSession {
  setActionHandler(action: CallAction, handler: (() => void) | null): void;
  setMicrophoneActive?(on: boolean): Promise<void>;
  setCameraActive?(on: boolean): Promise<void>;
}

/**
 * The buttons that browser and system show for a call: in the window of a video, on headsets; and the browser's
 * question for the small window when one goes to another tab.
 */
export function useMediaKeys(actions: CallActions, showPip: (() => void) | null): void {
  const { microphone, camera } = useMedia();
  const act = useEffectEvent((action: CallAction) => {
    if (action === "togglemicrophone") actions.microphone();
    else if (action === "togglecamera") actions.camera();
    else if (action === "hangup") actions.leave();
    else showPip?.();
  });
  const canPip = showPip !== null;
  useEffect(() => {
    const known: CallAction[] = ["togglemicrophone", "togglecamera", "hangup"];
    if (canPip) known.push("enterpictureinpicture");
    for (const action of known) {
      handle(action, () => {
        act(action);
      });
    }
    return () => {
      for (const action of known) handle(action, null);
    };
  }, [canPip]);
  useEffect(() => {
    const session = mediaSession();
    // Rejected where nothing is captured; the state is then of no interest.
    void session?.setMicrophoneActive?.(microphone)?.catch(() => undefined);
    void session?.setCameraActive?.(camera)?.catch(() => undefined);
  }, [microphone, camera]);
}

function mediaSession(): CallMediaSession | undefined {
  return (navigator as unknown as { mediaSession?: CallMediaSession }).mediaSession;
}

function handle(action: CallAction, handler: (() => void) | null): void {
  try {
    mediaSession()?.setActionHandler(action, handler);
  } catch {
    // An action that this browser does not have.
  }
}
