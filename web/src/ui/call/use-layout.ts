import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { CallView } from "../../core/generated/CallView";
import { dueAt, follow, NOBODY } from "../../state/floor";
import { arrivals, layOut, viewOf, type Box, type Layout, type View, type ViewChoice } from "../../state/layout";
import type { Tile, Tiles } from "../../state/tiles";
import { useApp, useStore } from "../app/context";

export interface CallLayout extends Layout {
  /** For the element that holds the pictures. */
  readonly stage: RefObject<HTMLElement | null>;
  readonly box: Box;
  /** Key of the tile of who has the floor. */
  readonly floor: string | null;
  readonly view: View;
  readonly choose: (choice: ViewChoice) => void;
  /** Pins a tile, or lets go of it. */
  readonly pin: (tile: Tile) => void;
}

/** Where the pictures of the call stand, and what changes that. */
export function useLayout(call: CallView, tiles: Tiles): CallLayout {
  const { client } = useApp();
  const { callView } = useStore(client.preferences.view);
  const stage = useRef<HTMLElement>(null);
  const box = useSize(stage);
  const floor = useFloor(tiles.people);
  const screens = useArrivals(tiles.screens);
  const [pinned, setPinned] = useState<string | null>(null);
  // While the keys are on the way nobody is known, which is not everybody gone.
  const known = call.participants.length > 0;
  if (pinned !== null && known && ![...tiles.people, ...tiles.screens].some(({ key }) => key === pinned)) setPinned(null);
  const view = viewOf(callView, tiles.people.length, box);
  return {
    ...layOut(tiles, { view, pinned, floor, screens }),
    stage,
    box,
    floor,
    view,
    choose: (choice) => {
      // Whoever wants another view does not want the pinned one.
      setPinned(null);
      client.preferences.setCallView(choice);
      client.board.announce((t) => t(`call.layout.${choice}`));
    },
    pin: ({ key }) => {
      setPinned(key === pinned ? null : key);
    },
  };
}

/** Follows who speaks, and looks again when it is time that the floor changes hands. */
function useFloor(people: readonly Tile[]): string | null {
  const [floor, setFloor] = useState(NOBODY);
  const speaking = people.find((tile) => tile.speaking)?.key ?? null;
  // The text stands for the list: a new one of the same people changes nothing.
  const present = people.map(({ key }) => key).join("\n");
  const due = dueAt(floor);
  useEffect(() => {
    const look = (now: number): void => {
      setFloor((before) => follow(before, speaking, present.split("\n"), now));
    };
    look(performance.now());
    if (due === null) return;
    // A timer may fire a little early by the other clock; nobody would look again.
    const timer = setTimeout(() => {
      look(Math.max(due, performance.now()));
    }, due - performance.now());
    return () => {
      clearTimeout(timer);
    };
  }, [speaking, present, due]);
  return floor.holder;
}

function useArrivals(screens: readonly Tile[]): readonly string[] {
  const [order, setOrder] = useState<readonly string[]>([]);
  const now = arrivals(order, screens.map(({ key }) => key));
  if (now !== order) setOrder(now);
  return now;
}

/** The size of an element, before the first picture is drawn and after each change. */
function useSize(element: RefObject<HTMLElement | null>): Box {
  const [size, setSize] = useState<Box>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = (): void => {
      const { clientWidth: width, clientHeight: height } = current;
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return size;
}
