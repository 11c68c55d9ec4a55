import type { Corner } from "../../state/grid";
import type { Tile } from "../../state/tiles";
import { useApp } from "../app/context";
import { IconButton } from "../parts/button";
import { CallTile } from "./tile";

interface Props {
  readonly tile: Tile;
  readonly corner: Corner;
  readonly size: { readonly width: number; readonly height: number };
  readonly onMove: () => void;
}

/** One's own picture, small, in a corner of one's choice. */
export function OwnTile({ tile, corner, size, onMove }: Props) {
  const { t } = useApp();
  return (
    <div className={`cell own-tile own-tile-${corner}`} style={{ width: `${String(size.width)}px`, height: `${String(size.height)}px` }}>
      <CallTile tile={tile} />
      <IconButton icon="corner" label={t("call.move_own")} className="own-tile-move" onClick={onMove} />
    </div>
  );
}
