import { useEffect, useRef, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { useText } from "../app/context";
import { topmost, useEscapeFromNowhere } from "./escape";
import { Icon } from "./icons";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** What scrolls, where it is more than a group. */
  readonly log?: { readonly live: "polite" | "off"; readonly scroll: RefObject<HTMLDivElement | null>; readonly onScroll: () => void };
  /** Stands below what scrolls. */
  readonly foot?: ReactNode;
  /** Takes the focus instead of the heading. */
  readonly focus?: RefObject<HTMLElement | null> | undefined;
}

/** A panel at the side (full screen on a phone): takes the focus, gives it back, closes with Esc. */
export function Panel({ title, onClose, children, log, foot, focus }: Props) {
  const t = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    (focus?.current ?? heading.current)?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
    // Where the focus goes is chosen once, as the panel opens.
  }, [focus]);
  useEscapeFromNowhere(() => !topmost(), onClose);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  return (
    // Esc works wherever the focus is inside.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside className="panel" aria-label={title} onKeyDown={onKeyDown}>
      <header className="panel-header">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="icon-button" aria-label={t("common.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div
        ref={log?.scroll}
        className="panel-body"
        role={log ? "log" : "group"}
        aria-label={title}
        aria-live={log?.live}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
        tabIndex={0}
        onScroll={log?.onScroll}
      >
        {children}
      </div>
      {foot}
    </aside>
  );
}
