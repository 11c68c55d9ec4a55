import type { Tile } from "../../state/tiles";
import { useApp } from "../app/context";
import { IconButton } from "../parts/button";
import { CallTile } from "./tile";

/** Corners in the order in which the button goes round. */
export const CORNERS = ["top-right", "bottom-right", "bottom-left", "top-left"] as const;

export type Corner = (typeof CORNERS)[number];

interface Props {
  readonly tile: Tile;
  readonly corner: Corner;
  readonly onMove: () => void;
}

/** One's own picture, small, in a corner of one's choice. */
export function OwnTile({ tile, corner, onMove }: Props) {
  const { t } = useApp();
  return (
    <div className={`own-tile own-tile-${corner}`}>
      <CallTile tile={tile} />
      <IconButton icon="corner" label={t("call.move_own")} className="own-tile-move" onClick={onMove} />
    </div>
  );
}
