import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { MORE_EMOJI, QUICK_EMOJI, SIGNS_PER_ROW } from "../../state/emoji";
import { useApp } from "../app/context";
import { isRightToLeft } from "../parts/arrows";

type Choice = (typeof QUICK_EMOJI)[number] | (typeof MORE_EMOJI)[number];

const ROWS: readonly (readonly Choice[])[] = [
  QUICK_EMOJI,
  ...Array.from({ length: Math.ceil(MORE_EMOJI.length / SIGNS_PER_ROW) }, (_, row) => MORE_EMOJI.slice(row * SIGNS_PER_ROW, (row + 1) * SIGNS_PER_ROW)),
];

interface Place {
  readonly row: number;
  readonly column: number;
}

interface Props {
  /** What one gave already: choosing them takes them back. */
  readonly mine: ReadonlySet<string>;
  readonly onPick: (emoji: string) => void;
}

/** Emoji to choose from: the most wanted, then others. One stop for Tab; arrows move within. */
export function EmojiPicker({ mine, onPick }: Props) {
  const { t } = useApp();
  const grid = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<Place>({ row: 0, column: 0 });
  const focus = (place: Place): void => {
    focusIn(grid.current, place);
  };
  // A dialog takes the focus itself once it has its place, which is later than now.
  useEffect(() => {
    const dialog = grid.current?.closest("[role=dialog]");
    const onFocus = ({ target }: Event): void => {
      if (target === dialog) focusIn(grid.current, { row: 0, column: 0 });
    };
    dialog?.addEventListener("focusin", onFocus);
    return () => {
      dialog?.removeEventListener("focusin", onFocus);
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const to = placeAfter(at, event.key, isRightToLeft(event.currentTarget));
    if (!to) return;
    event.preventDefault();
    focus(to);
  };
  return (
    // The buttons in it have the focus.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div ref={grid} role="grid" className="emoji-picker" aria-label={t("message.reactions")} onKeyDown={onKeyDown}>
      {ROWS.map((choices, row) => (
        <div key={choices[0]?.[0]} role="row" className={row === 0 ? "emoji-row emoji-row-quick" : "emoji-row"}>
          {choices.map(([emoji, name], column) => (
            <div key={emoji} role="gridcell">
              <button
                type="button"
                className="emoji-choice"
                data-place={`${String(row)}-${String(column)}`}
                aria-label={t(`emoji.${name}`)}
                aria-pressed={mine.has(emoji)}
                title={t(`emoji.${name}`)}
                tabIndex={at.row === row && at.column === column ? 0 : -1}
                onFocus={() => {
                  setAt({ row, column });
                }}
                onClick={() => {
                  onPick(emoji);
                }}
              >
                {emoji}
              </button>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

function focusIn(grid: HTMLElement | null, { row, column }: Place): void {
  grid?.querySelector<HTMLElement>(`[data-place="${String(row)}-${String(column)}"]`)?.focus();
}

/** Where a key leads; null where it leads nowhere. */
function placeAfter({ row, column }: Place, key: string, rightToLeft: boolean): Place | null {
  const onward = rightToLeft ? -1 : 1;
  const steps: Record<string, Place> = {
    ArrowLeft: { row, column: column - onward },
    ArrowRight: { row, column: column + onward },
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    Home: { row, column: 0 },
    End: { row, column: SIGNS_PER_ROW },
  };
  const wanted = steps[key];
  if (!wanted) return null;
  const to = Math.min(Math.max(wanted.row, 0), ROWS.length - 1);
  const last = (ROWS[to]?.length ?? 1) - 1;
  return { row: to, column: Math.min(Math.max(wanted.column, 0), last) };
}
