import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import type { Box } from "../../state/layout";
import { useApp } from "../app/context";
import { openPipWindow, pipKind, type PipKind } from "./pip-window";

export interface Pip {
  readonly kind: PipKind | null;
  readonly open: boolean;
  /** Of the picture in it, while it is open. */
  readonly size: Box;
  /** The window to draw in, of kind `document`. */
  readonly window: Window | null;
  /** The video to show, of kind `video`. */
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly toggle: () => void;
  /** Opens it without a word if that fails: nobody pressed anything. */
  readonly showByItself: () => void;
}

const NO_SIZE: Box = { width: 0, height: 0 };

/** Picture-in-picture of the call; the call's end closes it. */
export function usePip(title: string): Pip {
  const { client } = useApp();
  const [kind] = useState(pipKind);
  const [pip, setPip] = useState<Window | null>(null);
  const video = useRef<HTMLVideoElement>(null);
  const videoSize = useVideoSize(video, kind === "video");
  const windowSize = useWindowSize(pip);
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

  const show = useCallback(async (): Promise<void> => {
    if (kind === "video") {
      await video.current?.requestPictureInPicture();
      return;
    }
    const opened = await openPipWindow(title);
    if (alive.current) setPip(opened);
    else opened.close();
  }, [alive, kind, title]);

  const open = pip !== null || videoSize !== null;
  return {
    kind,
    open,
    size: videoSize ?? windowSize,
    window: pip,
    video,
    toggle: () => {
      if (!open) {
        show().catch(() => {
          client.board.notify("status", (t) => t("call.pip.refused"));
        });
        return;
      }
      setPip(null);
      leaveVideo(video.current);
    },
    showByItself: () => {
      if (!open) show().catch(() => undefined);
    },
  };
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

function useWindowSize(opened: Window | null): Box {
  const [size, setSize] = useState(NO_SIZE);
  useEffect(() => {
    if (!opened) return;
    const measure = (): void => {
      setSize({ width: opened.innerWidth, height: opened.innerHeight });
    };
    measure();
    opened.addEventListener("resize", measure);
    return () => {
      opened.removeEventListener("resize", measure);
    };
  }, [opened]);
  return opened ? size : NO_SIZE;
}

/** The size of the video's window; null while it has none. */
function useVideoSize(video: RefObject<HTMLVideoElement | null>, wanted: boolean): Box | null {
  const [size, setSize] = useState<Box | null>(null);
  useEffect(() => {
    const { current } = video;
    if (!wanted || !current) return;
    let opened: PictureInPictureWindow | null = null;
    const measure = (): void => {
      setSize(opened && { width: opened.width, height: opened.height });
    };
    const enter = (event: Event): void => {
      opened = (event as PictureInPictureEvent).pictureInPictureWindow;
      opened.addEventListener("resize", measure);
      measure();
    };
    const leave = (): void => {
      opened?.removeEventListener("resize", measure);
      opened = null;
      measure();
    };
    current.addEventListener("enterpictureinpicture", enter);
    current.addEventListener("leavepictureinpicture", leave);
    return () => {
      current.removeEventListener("enterpictureinpicture", enter);
      current.removeEventListener("leavepictureinpicture", leave);
      opened?.removeEventListener("resize", measure);
      leaveVideo(current);
    };
  }, [video, wanted]);
  return size;
}

function leaveVideo(video: HTMLVideoElement | null): void {
  if (video && document.pictureInPictureElement === video) void document.exitPictureInPicture().catch(() => undefined);
}
