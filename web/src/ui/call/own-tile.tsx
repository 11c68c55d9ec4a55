import { useState } from "react";
import type { Tile } from "../../state/tiles";
import { useApp } from "../app/context";
import { IconButton } from "../parts/button";
import { CallTile } from "./tile";

/** Corners in the order in which the button goes round; the first hides neither names nor raised hands. */
const CORNERS = ["top-right", "bottom-right", "bottom-left", "top-left"] as const;

/** One's own picture, small, in a corner of one's choice. */
export function OwnTile({ tile }: { readonly tile: Tile }) {
  const { t } = useApp();
  const [corner, setCorner] = useState(0);
  return (
    <div className={`own-tile own-tile-${CORNERS[corner] ?? CORNERS[0]}`}>
      <CallTile tile={tile} />
      <IconButton
        icon="corner"
        label={t("call.move_own")}
        className="own-tile-move"
        onClick={() => {
          setCorner((corner + 1) % CORNERS.length);
        }}
      />
    </div>
  );
}
