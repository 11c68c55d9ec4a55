import { useEffect, useRef, useState, type RefObject } from "react";
import type { VideoCard } from "../../core/generated/VideoCard";
import { bestGrid } from "../../state/grid";
import type { Stage as StageView, Tile } from "../../state/tiles";
import { useApp } from "../app/context";
import { Empty } from "../parts/messages";
import { CORNERS, OwnTile } from "./own-tile";
import { CallTile } from "./tile";

/** Space between tiles in CSS pixels, as in call.css. */
const GAP_PX = 10;

/** Height that is asked for a tile of the filmstrip. */
const FILMSTRIP_PX = 180;

/** Beyond this a screen of many pixels asks for more than cameras send. */
const MAX_PIXEL_RATIO = 2;

/** The pictures: a grid of equal tiles, or a shared screen with the people beside it. */
export function Stage({ stage }: { readonly stage: StageView }) {
  const { t } = useApp();
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const { screen, tiles, own } = stage;
  const [place, setPlace] = useState(0);
  const corner = CORNERS[place] ?? CORNERS[0];
  const alone = tiles.length === 0;
  const grid = bestGrid(tiles.length, size.width, size.height, GAP_PX);
  useShow(screen, tiles, screen ? FILMSTRIP_PX : grid.height, size.height);
  return (
    <section className={stageClass(screen !== null, tiles.length, corner)} aria-label={t("call.participants")}>
      {screen && (
        <div className="stage-screen">
          <CallTile tile={screen} />
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the strip scrolls */}
      <div className={screen ? "filmstrip" : "grid"} ref={box} tabIndex={screen ? 0 : undefined}>
        {tiles.map((tile) => (
          <div
            key={tile.key}
            className="cell"
            style={screen ? undefined : { width: `${String(grid.width)}px`, height: `${String(grid.height)}px` }}
          >
            <CallTile tile={tile} />
          </div>
        ))}
        {own && screen && (
          <div className="cell">
            <CallTile tile={own} />
          </div>
        )}
        {alone && own && !screen && (
          <div className="alone">
            <div className="alone-tile">
              <CallTile tile={own} />
            </div>
            <Empty title={t("call.alone")}>
              <p>{t("call.alone_text")}</p>
            </Empty>
          </div>
        )}
      </div>
      {own && !alone && !screen && (
        <OwnTile
          tile={own}
          corner={corner}
          onMove={() => {
            setPlace((place + 1) % CORNERS.length);
          }}
        />
      )}
      {stage.hidden > 0 && <p className="stage-more">+{stage.hidden}</p>}
    </section>
  );
}

/** Beside a single picture there is room, or it is large enough to lose a corner; of several none is to be covered. */
function stageClass(shared: boolean, count: number, corner: string): string {
  if (shared) return "stage stage-shared";
  return count > 1 ? ["stage", ...corner.split("-").map((side) => `stage-keeps-${side}`)].join(" ") : "stage";
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function useSize(box: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [box]);
  return size;
}

/** Tells the media which pictures are shown, and how high; the screen is the most important. */
function useShow(screen: Tile | null, tiles: readonly Tile[], tileHeight: number, boxHeight: number): void {
  const { media } = useApp();
  const ratio = Math.min(window.devicePixelRatio, MAX_PIXEL_RATIO);
  const wanted: VideoCard[] = [];
  if (screen) wanted.push({ leaf: screen.participant.leaf, kind: "screen", height: pixels(boxHeight * ratio) });
  const order = tiles.toSorted((a, b) => Number(b.speaking) - Number(a.speaking));
  for (const tile of order) wanted.push({ leaf: tile.participant.leaf, kind: "camera", height: pixels(tileHeight * ratio) });
  // The text stands for the list: it is told again only when something in it differs.
  const text = JSON.stringify(wanted);
  useEffect(() => {
    media.show(JSON.parse(text) as VideoCard[]);
  }, [media, text]);
}

/** In steps, so that a pixel more does not become a message. */
function pixels(height: number): number {
  return Math.max(90, Math.ceil(height / 90) * 90);
}
