import { useEffect, useRef, useState, useSyncExternalStore, type RefObject } from "react";
import type { VideoCard } from "../../core/generated/VideoCard";
import { wishesFor, type Seen } from "../../state/wishes";
import { useApp } from "../app/context";

/** Wishes follow a scrolling finger at most this often: the server counts them. */
const BETWEEN_MS = 200;

/** A tile of which less than this part shows is not seen. */
const PART_SEEN = 0.05;

/** Asks for the pictures that are seen, and for nothing more; null: it is not known yet which those are. */
export function useShow(seen: readonly Seen[] | null): void {
  const { media } = useApp();
  const told = useRef(0);
  const wishes = seen && wishesFor(seen, window.devicePixelRatio);
  // The text stands for the list: it is told again only when something in it differs.
  const text = wishes && JSON.stringify(wishes);
  useEffect(() => {
    if (text === null) return;
    const tell = (): void => {
      told.current = performance.now();
      media.show(JSON.parse(text) as VideoCard[]);
    };
    const wait = told.current + BETWEEN_MS - performance.now();
    if (told.current === 0 || wait <= 0) {
      tell();
      return;
    }
    const timer = setTimeout(tell, wait);
    return () => {
      clearTimeout(timer);
    };
  }, [media, text]);
  useEffect(
    () => () => {
      told.current = 0;
      media.show([]);
    },
    [media],
  );
}

/** Whether the page is in sight: not behind another tab, not minimised. */
export function usePageVisible(): boolean {
  return useSyncExternalStore(onVisibility, () => document.visibilityState === "visible");
}

function onVisibility(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
  };
}

/**
 * Which tiles of a scrolling strip show, or are no further than `margin` from it; its children carry the keys of the
 * tiles as `data-tile`.
 */
export function useInSight(strip: RefObject<HTMLElement | null>, keys: readonly string[], margin = "0px"): ReadonlySet<string> {
  const [inSight, setInSight] = useState<ReadonlySet<string>>(new Set());
  const text = keys.join("\n");
  useEffect(() => {
    const { current } = strip;
    if (!current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        setInSight((before) => {
          const after = new Set(before);
          for (const { target, isIntersecting } of entries) {
            const key = target instanceof HTMLElement ? (target.dataset["tile"] ?? "") : "";
            if (isIntersecting) after.add(key);
            else after.delete(key);
          }
          return after;
        });
      },
      { root: current, rootMargin: margin, threshold: PART_SEEN },
    );
    for (const child of current.children) observer.observe(child);
    return () => {
      observer.disconnect();
    };
  }, [strip, text, margin]);
  return inSight;
}
