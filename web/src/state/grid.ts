import type { Box } from "./layout";
import type { Tile } from "./tiles";

/** A grid of equal tiles. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** Size of a tile in the units of the box. */
  readonly width: number;
  readonly height: number;
}

/** Space between tiles in CSS pixels, as in stage.css. */
export const GAP_PX = 10;

/** Tiles on a page of the grid: the most that a desktop shows with faces one can read. */
export const MAX_TILES = 25;

/** A tile of a grid is not smaller than this; who then has no place is on the next page. */
const SMALLEST: Box = { width: 132, height: 84 };

/** Height of the line that turns pages, as in stage.css. */
const PAGER_PX = 44;

/**
 * Tiles are at most this wide for their height, and at least this narrow: as wide as pictures of cameras are, which
 * would be cropped; on a phone held upright a picture may lose its sides before it becomes a stamp.
 */
const WIDEST = 16 / 9;
const NARROWEST = 4 / 3;
const NARROWEST_UPRIGHT = 3 / 4;

/** Sides of one's own picture, and of the tiles of a strip, as in stage.css: below, narrower ones let more be seen. */
const SMALL_TILE = 16 / 10;
const SMALL_TILE_BELOW = 4 / 3;

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

/** Corners for one's own picture, in the order in which it goes round. */
export const CORNERS = ["top-right", "bottom-right", "bottom-left", "top-left"] as const;
export type Corner = (typeof CORNERS)[number];

/** The size of one's own picture where it lies over the others. */
export function ownSize(box: Box): Box {
  const width = Math.round(clamp(box.width * 0.17, 110, 220));
  return { width, height: Math.round(width / SMALL_TILE) };
}

/** A grid, its pages, and the room beside it that one's own picture takes. */
export interface GridPlan {
  readonly grid: Grid;
  readonly perPage: number;
  readonly pages: number;
  readonly clear: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

/** Plans `count` tiles; `corner` is where one's own picture lies, if it does. */
export function planGrid(count: number, box: Box, corner: Corner | null): GridPlan {
  const clear = keptClear(count, box, corner);
  const width = box.width - clear.left - clear.right;
  const height = box.height - clear.top - clear.bottom;
  const fits = mostTiles(count, width, height);
  const paged = count > fits;
  const room = paged ? height - PAGER_PX - GAP_PX : height;
  const pages = Math.max(1, Math.ceil(count / (paged ? mostTiles(count, width, room) : fits)));
  // Pages alike: one of 25 and one of a single tile is a waste of both.
  const perPage = Math.max(1, Math.ceil(count / pages));
  return { grid: bestGrid(perPage, width, room, GAP_PX), perPage, pages, clear };
}

/** Of several none is to be covered: room at a side where the stage is wide, else above or below. */
function keptClear(count: number, box: Box, corner: Corner | null): GridPlan["clear"] {
  const none = { left: 0, right: 0, top: 0, bottom: 0 };
  if (count < 2 || corner === null) return none;
  const own = ownSize(box);
  const [vertical, side] = corner.split("-") as ["top" | "bottom", "left" | "right"];
  return box.width >= 700 ? { ...none, [side]: own.width + 2 * GAP_PX } : { ...none, [vertical]: own.height + 2 * GAP_PX };
}

function mostTiles(count: number, width: number, height: number): number {
  // Before the page has a size there is nothing to judge by.
  if (width <= 0 || height <= 0) return MAX_TILES;
  for (let tiles = Math.min(count, MAX_TILES); tiles > 1; tiles--) {
    const grid = bestGrid(tiles, width, height, GAP_PX);
    if (grid.width >= SMALLEST.width && grid.height >= SMALLEST.height) return tiles;
  }
  return 1;
}

/** A large tile and a strip of small ones. */
export interface StagePlan {
  /** The strip is at the side of a wide stage, below a high one, and nowhere without tiles in it. */
  readonly strip: "side" | "below" | null;
  /** Its short side. */
  readonly thickness: number;
  readonly cell: Box;
  /** Tiles that it shows at once, a part of one not counted. */
  readonly fits: number;
  readonly main: Box;
}

/** Plans a stage for a large tile of a kind, with `count` small ones. */
export function planStage(count: number, box: Box, kind: Tile["kind"]): StagePlan {
  if (count === 0) return { strip: null, thickness: 0, cell: { width: 0, height: 0 }, fits: 0, main: largest(box, kind) };
  const side = box.width > box.height;
  const thickness = Math.round(side ? clamp(box.width * 0.16, 128, 220) : clamp(box.height * 0.17, 84, 130));
  const cell = side
    ? { width: thickness, height: Math.round(thickness / SMALL_TILE) }
    : { width: Math.round(thickness * SMALL_TILE_BELOW), height: thickness };
  const fits = Math.floor(((side ? box.height : box.width) + GAP_PX) / ((side ? cell.height : cell.width) + GAP_PX));
  const rest = side
    ? { width: box.width - thickness - GAP_PX, height: box.height }
    : { width: box.width, height: box.height - thickness - GAP_PX };
  return { strip: side ? "side" : "below", thickness, cell, fits: Math.max(1, fits), main: largest(rest, kind) };
}

/** A screen is shown whole, whatever its sides; a camera's picture fills its tile. */
function largest(box: Box, kind: Tile["kind"]): Box {
  if (kind === "screen") return { width: Math.max(0, box.width), height: Math.max(0, box.height) };
  const { width, height } = bestGrid(1, box.width, box.height, GAP_PX);
  return { width, height };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
