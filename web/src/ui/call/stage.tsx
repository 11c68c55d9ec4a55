import { useLayoutEffect, useRef, useState, type RefObject } from "react";
import { CORNERS, ownSize, planGrid, planStage, type GridPlan, type StagePlan } from "../../state/grid";
import { inSight, leading } from "../../state/layout";
import type { Tile } from "../../state/tiles";
import type { Seen } from "../../state/wishes";
import { useApp } from "../app/context";
import { Empty } from "../parts/messages";
import { OwnTile } from "./own-tile";
import { Pager } from "./pager";
import { FocusKeeper } from "./pin-button";
import { useInSight, usePageVisible, useShow } from "./seen";
import { CallTile } from "./tile";
import type { CallLayout } from "./use-layout";

/** Tiles of a strip are drawn up to this far from what shows of it, so that scrolling and Tab find them there. */
const NEAR = "200%";

/** Drawn before it is known what shows. */
const FIRST = 12;

interface Props {
  readonly layout: CallLayout;
  readonly own: Tile | null;
  /** The other of a direct room, for who is alone in its call. */
  readonly called: string | null;
  /** A panel lies over all of it. */
  readonly covered: boolean;
  /** What is seen elsewhere, whether the page is in sight or not. */
  readonly alsoSeen: readonly Seen[];
}

/** The pictures: a grid of equal tiles, or a large one with the others in a strip. */
export function Stage({ layout, own, called, covered, alsoSeen }: Props) {
  const { t } = useApp();
  const { box, floor, main, others, stage } = layout;
  const [place, setPlace] = useState(0);
  const [wantedPage, setPage] = useState(0);
  const keeper = useFocusKeeper(stage);
  const strip = useRef<HTMLDivElement>(null);
  const alone = main === null && others.length === 0;
  // With one other on the stage there is nothing to put in a strip.
  const floats = own !== null && !alone && (main === null || others.length === 0);
  const corner = CORNERS[place] ?? CORNERS[0];

  const grid = planGrid(others.length, box, floats ? corner : null);
  const page = Math.min(wantedPage, grid.pages - 1);
  const onPage = inSight(others, floor, grid.perPage).slice(page * grid.perPage, (page + 1) * grid.perPage);

  const inStrip = own && !floats ? others.length + 1 : others.length;
  const plan = planStage(inStrip, box, main?.kind ?? "camera");
  const small = main ? leading(others, floor, plan.fits - (inStrip - others.length)) : [];
  const keys = small.map(({ key }) => key);
  const sight = useInSight(strip, keys);
  const near = useInSight(strip, keys, NEAR);

  // A strip that has just come has not been looked at yet; what it shows was asked for a moment before, and goes on.
  const shown = sight.size > 0 ? small.filter(({ key }) => sight.has(key)) : small.slice(0, FIRST);

  const visible = usePageVisible() && !covered;
  const here: Seen[] = main
    ? [{ tile: main, size: plan.main, main: true }, ...shown.map((tile) => ({ tile, size: plan.cell }))]
    : onPage.map((tile) => ({ tile, size: grid.grid }));
  useShow(box.width > 0 ? [...alsoSeen, ...(visible ? here : [])] : null);

  return (
    <section ref={stage} className="stage" aria-label={t("call.participants")} tabIndex={-1}>
      <FocusKeeper value={keeper}>
        {alone && own && <Alone own={own} called={called} />}
        {!alone && !main && <Grid tiles={onPage} plan={grid} page={page} layout={layout} onPage={setPage} />}
        {main && <Large main={main} plan={plan} layout={layout} />}
        {plan.strip && main && (
          <Strip plan={plan} element={strip} own={floats ? null : own} tiles={small} sight={sight} near={near} layout={layout} />
        )}
      </FocusKeeper>
      {floats && (
        <OwnTile
          tile={own}
          corner={corner}
          size={ownSize(box)}
          onMove={() => {
            setPlace((place + 1) % CORNERS.length);
          }}
        />
      )}
    </section>
  );
}

function Alone({ own, called }: { readonly own: Tile; readonly called: string | null }) {
  const { t } = useApp();
  return (
    <div className="alone">
      <div className="cell alone-tile">
        <CallTile tile={own} />
      </div>
      <Empty title={t("call.alone")}>
        <p>{called === null ? t("call.alone_text") : t("call.alone_direct", { name: called })}</p>
      </Empty>
    </div>
  );
}

interface GridProps {
  readonly tiles: readonly Tile[];
  readonly plan: GridPlan;
  readonly page: number;
  readonly layout: CallLayout;
  readonly onPage: (page: number) => void;
}

function Grid({ tiles, plan, page, layout, onPage }: GridProps) {
  const { grid, clear } = plan;
  return (
    <div className="grid-area" style={{ padding: `${px(clear.top)} ${px(clear.right)} ${px(clear.bottom)} ${px(clear.left)}` }}>
      <div className="grid">
        {tiles.map((tile) => (
          <div key={tile.key} className="cell" style={{ width: px(grid.width), height: px(grid.height) }}>
            <CallTile tile={tile} onPin={layout.pin} />
          </div>
        ))}
      </div>
      {plan.pages > 1 && <Pager page={page} pages={plan.pages} onPage={onPage} />}
    </div>
  );
}

function Large({ main, plan, layout }: { readonly main: Tile; readonly plan: StagePlan; readonly layout: CallLayout }) {
  return (
    <div className="large">
      <div key={main.key} className="cell" style={{ width: px(plan.main.width), height: px(plan.main.height) }}>
        <CallTile tile={main} pinned={layout.pinned} onPin={layout.pin} />
      </div>
    </div>
  );
}

interface StripProps {
  readonly plan: StagePlan;
  readonly element: RefObject<HTMLDivElement | null>;
  readonly own: Tile | null;
  readonly tiles: readonly Tile[];
  readonly sight: ReadonlySet<string>;
  readonly near: ReadonlySet<string>;
  readonly layout: CallLayout;
}

/** The others, scrolling. Far from what shows there are empty cells, for calls of hundreds. */
function Strip({ plan, element, own, tiles, sight, near, layout }: StripProps) {
  const { t } = useApp();
  return (
    <div
      ref={element}
      className={`strip strip-${String(plan.strip)}`}
      style={{ flexBasis: px(plan.thickness) }}
      role="group"
      aria-label={t("call.strip")}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
    >
      {own && (
        <div className="cell">
          <CallTile tile={own} />
        </div>
      )}
      {tiles.map((tile, index) => (
        <div key={tile.key} className="cell" data-tile={tile.key}>
          {(index < FIRST || near.has(tile.key)) && <CallTile tile={tile} onPin={layout.pin} seen={sight.has(tile.key)} />}
        </div>
      ))}
    </div>
  );
}

/** Whoever leaves takes a focused button along; the focus then stays with the pictures. */
function useFocusKeeper(stage: RefObject<HTMLElement | null>): RefObject<string | null> {
  const keeper = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (keeper.current === null) return;
    keeper.current = null;
    stage.current?.focus({ preventScroll: true });
  });
  return keeper;
}

function px(pixels: number): string {
  return `${String(pixels)}px`;
}
