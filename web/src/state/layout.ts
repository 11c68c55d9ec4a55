/** Which picture stands where: pure, from what there is and what the person chose. */
import type { Tile, Tiles } from "./tiles";

/** How the person wants to see a call. */
export const VIEW_CHOICES = ["auto", "grid", "speaker"] as const;
export type ViewChoice = (typeof VIEW_CHOICES)[number];

/** What a choice comes to. */
export type View = "grid" | "speaker";

/** Space for pictures, in CSS pixels. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

/** The shorter side of a phone's stage, in either position; below it a grid of more than a few shows no faces. */
const SMALL_PX = 440;

/** As many others as a phone shows with faces one can read. */
const SMALL_GRID = 4;

/** The view for `count` others. By itself it is a grid, on a small screen with many the speaker. */
export function viewOf(choice: ViewChoice, count: number, box: Box): View {
  if (choice !== "auto") return choice;
  return Math.min(box.width, box.height) < SMALL_PX && count > SMALL_GRID ? "speaker" : "grid";
}

export interface Wants {
  readonly view: View;
  /** Key of the tile that the person pinned. */
  readonly pinned: string | null;
  /** Key of the tile of who has the floor. */
  readonly floor: string | null;
  /** Keys of the shared screens, the newest last. */
  readonly screens: readonly string[];
}

export interface Layout {
  /** The tile that takes the stage; without one all stand in a grid. */
  readonly main: Tile | null;
  /** It does so because the person pinned it. */
  readonly pinned: boolean;
  /** Everybody else: screens first, then people in order of leaf. */
  readonly others: readonly Tile[];
  /** Whose picture stands for the call where there is room for one only. */
  readonly first: Tile | null;
}

/**
 * A pinned tile takes the stage, else the newest shared screen, else who is in the spotlight, else in speaker view who has
 * the floor.
 */
export function layOut(tiles: Tiles, wants: Wants): Layout {
  const all = [...tiles.screens, ...tiles.people];
  const byKey = (key: string | null | undefined): Tile | null => all.find((tile) => tile.key === key) ?? null;
  const pinned = byKey(wants.pinned);
  const speaker = byKey(wants.floor) ?? tiles.people.find(({ participant }) => participant.camera) ?? tiles.people[0] ?? null;
  const spotlit = tiles.people.find((tile) => tile.spotlit) ?? null;
  const main = pinned ?? byKey(wants.screens.at(-1)) ?? spotlit ?? (wants.view === "speaker" ? speaker : null);
  return { main, pinned: pinned !== null, others: all.filter((tile) => tile !== main), first: main ?? speaker };
}

/** Whose picture stands for the call where only a picture can: the first, if there is none of theirs another's. */
export function pictured({ first, others }: Layout): Tile | null {
  return [first, ...others].find((tile) => tile?.state === "live") ?? first;
}

/** Keys in the order in which they came; the same object as long as nothing changes. */
export function arrivals(before: readonly string[], now: readonly string[]): readonly string[] {
  const kept = before.filter((key) => now.includes(key));
  const added = now.filter((key) => !before.includes(key));
  return kept.length === before.length && added.length === 0 ? before : [...kept, ...added];
}

/** Who has the floor is among the first `fits` of a grid: in the last place of those rather than in none. */
export function inSight(tiles: readonly Tile[], floor: string | null, fits: number): readonly Tile[] {
  const at = tiles.findIndex((tile) => tile.key === floor);
  const last = tiles[fits - 1];
  const speaker = tiles[at];
  if (at < fits || !last || !speaker) return tiles;
  // Changing places: nobody else moves, and nobody is lost.
  return tiles.with(fits - 1, speaker).with(at, last);
}

/** Who has the floor leads the people of a strip that does not show all of them. */
export function leading(tiles: readonly Tile[], floor: string | null, fits: number): readonly Tile[] {
  const at = tiles.findIndex((tile) => tile.key === floor);
  const speaker = tiles[at];
  if (at < fits || !speaker) return tiles;
  const screens = tiles.filter(({ kind }) => kind === "screen");
  return [...screens, speaker, ...tiles.filter((tile) => tile.kind === "camera" && tile !== speaker)];
}
