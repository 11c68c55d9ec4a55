import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { useApp } from "../app/context";
import { openPipWindow, pipKind, type PipKind } from "./pip-window";

export interface Pip {
  readonly kind: PipKind | null;
  readonly open: boolean;
  /** The window to draw in, of kind `document`. */
  readonly window: Window | null;
  /** The video to show, of kind `video`. */
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly toggle: () => void;
  /** Opens it if it is not open. */
  readonly show: () => void;
}

/** Picture-in-picture of the call; the call's end closes it. */
export function usePip(title: string): Pip {
  const { client } = useApp();
  const [kind] = useState(pipKind);
  const [pip, setPip] = useState<Window | null>(null);
  const video = useRef<HTMLVideoElement>(null);
  const videoOpen = useVideoOpen(video, kind === "video");
  const alive = useAlive();

  useEffect(() => {
    if (!pip) return;
    const gone = (): void => {
      setPip((now) => (now === pip ? null : now));
    };
    pip.addEventListener("pagehide", gone);
    return () => {
      pip.removeEventListener("pagehide", gone);
      pip.close();
    };
  }, [pip]);

  const show = useCallback(() => {
    const open = async (): Promise<void> => {
      if (kind === "video") {
        await video.current?.requestPictureInPicture();
        return;
      }
      const opened = await openPipWindow(title);
      if (alive.current) setPip(opened);
      else opened.close();
    };
    open().catch(() => {
      client.board.notify("status", (t) => t("call.pip.refused"));
    });
  }, [alive, client, kind, title]);

  const open = pip !== null || videoOpen;
  const hide = (): void => {
    setPip(null);
    if (videoOpen) void document.exitPictureInPicture().catch(() => undefined);
  };
  return { kind, open, window: pip, video, show, toggle: open ? hide : show };
}

function useAlive(): RefObject<boolean> {
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  return alive;
}

function useVideoOpen(video: RefObject<HTMLVideoElement | null>, wanted: boolean): boolean {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const { current } = video;
    if (!wanted || !current) return;
    const enter = (): void => {
      setOpen(true);
    };
    const leave = (): void => {
      setOpen(false);
    };
    current.addEventListener("enterpictureinpicture", enter);
    current.addEventListener("leavepictureinpicture", leave);
    return () => {
      current.removeEventListener("enterpictureinpicture", enter);
      current.removeEventListener("leavepictureinpicture", leave);
      if (document.pictureInPictureElement === current) void document.exitPictureInPicture().catch(() => undefined);
    };
  }, [video, wanted]);
  return open;
}
