import { createContext, use, useLayoutEffect, useRef, type RefObject } from "react";
import type { Tile } from "../../state/tiles";
import { useApp } from "../app/context";
import { IconButton } from "../parts/button";
import { useTileName } from "./tile-name";

/**
 * Key of the tile whose button had the focus when the tile moved away. A tile that moves between strip and stage is
 * drawn anew, and its button takes the focus again.
 */
export const FocusKeeper = createContext<RefObject<string | null> | null>(null);

interface Props {
  readonly tile: Tile;
  readonly pinned: boolean;
  readonly onPin: (tile: Tile) => void;
}

/** Gives a tile the stage, for oneself, until it is taken back. */
export function PinButton({ tile, pinned, onPin }: Props) {
  const { t } = useApp();
  const name = useTileName(tile);
  const kept = use(FocusKeeper);
  const holder = useRef<HTMLSpanElement>(null);
  const { key } = tile;
  useLayoutEffect(() => {
    const { current } = holder;
    if (!kept || !current) return;
    if (kept.current === key) {
      kept.current = null;
      current.querySelector("button")?.focus({ preventScroll: true });
    }
    return () => {
      if (current.contains(document.activeElement)) kept.current = key;
    };
  }, [kept, key]);
  return (
    <span className="tile-pin" ref={holder}>
      <IconButton
        icon={pinned ? "unpin" : "pin"}
        label={t(pinned ? "call.unpin" : "call.pin", { name })}
        onClick={() => {
          onPin(tile);
        }}
      />
    </span>
  );
}
