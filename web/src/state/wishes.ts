import type { VideoCard } from "../core/generated/VideoCard";
import type { Box } from "./layout";
import { MAX_VIDEO_SLOTS } from "./limits";
import type { Tile } from "./tiles";

/** A tile that can be seen, and the size of its frame in CSS pixels. */
export interface Seen {
  readonly tile: Tile;
  readonly size: Box;
  /** It has the stage, or stands for the call in a small window. */
  readonly main?: boolean;
}

/** Beyond this a screen of many pixels asks for more than cameras send. */
const MAX_PIXEL_RATIO = 2;

/** Sides of the pictures that cameras and screens send. */
const PICTURE = 16 / 9;

/** In steps, so that a pixel more does not become a message. */
const STEP_PX = 90;

/** What to ask for, most important first: what has the stage, who speaks, the others as they stand. */
export function wishesFor(seen: readonly Seen[], pixelRatio: number): VideoCard[] {
  const ratio = Math.min(pixelRatio, MAX_PIXEL_RATIO);
  const heights = new Map<string, VideoCard>();
  for (const { tile, size } of seen.toSorted((a, b) => rank(a) - rank(b))) {
    if (tile.participant.this_device) continue;
    const { leaf } = tile.participant;
    const height = inSteps(pictureHeight(tile.kind, size) * ratio);
    const before = heights.get(tile.key);
    heights.set(tile.key, { leaf, kind: tile.kind, height: Math.max(height, before?.height ?? 0) });
  }
  return [...heights.values()].slice(0, MAX_VIDEO_SLOTS);
}

function rank({ tile, main }: Seen): number {
  if (main) return 0;
  return tile.speaking ? 1 : 2;
}

/** How high the whole picture is drawn: a camera's covers its tile, a screen's lies within. */
function pictureHeight(kind: Tile["kind"], { width, height }: Box): number {
  return kind === "camera" ? Math.max(height, width / PICTURE) : Math.min(height, width / PICTURE);
}

function inSteps(height: number): number {
  return Math.max(STEP_PX, Math.ceil(height / STEP_PX) * STEP_PX);
}
