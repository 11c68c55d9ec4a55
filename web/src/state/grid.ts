/** A grid of equal tiles. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** Size of a tile in the units of the box. */
  readonly width: number;
  readonly height: number;
}

/**
 * Tiles are at most this wide for their height, and at least this narrow: as wide as pictures of cameras are, which
 * would be cropped; on a phone held upright a picture may lose its sides before it becomes a stamp.
 */
const WIDEST = 16 / 9;
const NARROWEST = 4 / 3;
const NARROWEST_UPRIGHT = 3 / 4;

/** The grid that shows `count` tiles largest in a box, with `gap` between them. */
export function bestGrid(count: number, boxWidth: number, boxHeight: number, gap: number): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  let bestArea = -1;
  const narrowest = boxWidth < boxHeight ? NARROWEST_UPRIGHT : NARROWEST;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(Math.max(1, count) / columns);
    const cellWidth = (boxWidth - gap * (columns - 1)) / columns;
    const cellHeight = (boxHeight - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const width = Math.min(cellWidth, cellHeight * WIDEST);
    const height = Math.min(cellHeight, cellWidth / narrowest);
    if (width * height > bestArea) {
      bestArea = width * height;
      best = { columns, rows, width: Math.floor(width), height: Math.floor(height) };
    }
  }
  return best;
}
