/** How large a page is drawn: so many times as wide as there is room, or so that the whole of it shows. */
export type Size = number | "page";

/** As wide as there is room. */
export const WIDTH: Size = 1;

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const;

/** A page that fits comes out between two of them: what is nearer than a thousandth is the same. */
const SAME = 0.001;

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** The next larger zoom; nothing where there is none. */
export const larger = (zoom: number): number | null => ZOOMS.find((each) => each > zoom + SAME) ?? null;

/** The next smaller zoom; nothing where there is none. */
export const smaller = (zoom: number): number | null => ZOOMS.findLast((each) => each < zoom - SAME) ?? null;

/** Pixels for each unit of a page, in a room of so many pixels. */
export function scaleOf(page: Extent, room: Extent, size: Size): number {
  return size === "page" ? Math.min(room.width / page.width, room.height / page.height) : (room.width / page.width) * size;
}

/** The page that somebody types; nothing where it is none of 1 to `last`. */
export function pageOf(typed: string, last: number): number | null {
  const digits = typed.trim();
  const page = /^\d+$/.test(digits) ? Number(digits) : 0;
  return page >= 1 && page <= last ? page : null;
}
