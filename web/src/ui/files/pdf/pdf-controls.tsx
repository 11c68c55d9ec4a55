import { useId, useState } from "react";
import { useText } from "../../app/context";
import { moveByArrow } from "../../parts/arrows";
import { IconButton } from "../../parts/button";
import { larger, pageOf, smaller, WIDTH, type Size } from "./size";

interface Props {
  readonly page: number;
  /** Pages that can be turned to. */
  readonly pages: number;
  readonly size: Size;
  /** As large as it is drawn, by the width that there is. */
  readonly zoom: number;
  readonly onPage: (page: number) => void;
  /** Leads to a page by its number, and out of where that was typed. */
  readonly onGo: (page: number) => void;
  readonly onSize: (size: Size) => void;
}

/** Which page shows, and how large. */
export function PdfControls({ page, pages, size, zoom, onPage, onGo, onSize }: Props) {
  const t = useText();
  const [more, less] = [larger(zoom), smaller(zoom)];
  const withKeys = (label: string, keys: string): string => t("common.shortcut", { label, keys });
  return (
    <div role="toolbar" aria-label={t("pdf.controls")} className="pdf-controls" onKeyDown={moveByArrow} tabIndex={-1}>
      <div className="pdf-group">
        <IconButton icon="back" label={t("pdf.previous")} hint={withKeys(t("pdf.previous"), t("pdf.key.previous"))} aria-keyshortcuts="PageUp" aria-disabled={page === 1} onClick={() => onPage(page - 1)} />
        <PageField page={page} pages={pages} onGo={onGo} />
        <IconButton icon="next" label={t("pdf.next")} hint={withKeys(t("pdf.next"), t("pdf.key.next"))} aria-keyshortcuts="PageDown" aria-disabled={page === pages} onClick={() => onPage(page + 1)} />
      </div>
      <div className="pdf-group">
        <IconButton icon="minus" label={t("pdf.smaller")} hint={withKeys(t("pdf.smaller"), "−")} aria-keyshortcuts="-" aria-disabled={less === null} onClick={() => less !== null && onSize(less)} />
        <span className="pdf-zoom">{new Intl.NumberFormat(t.locale, { style: "percent" }).format(zoom)}</span>
        <IconButton icon="plus" label={t("pdf.larger")} hint={withKeys(t("pdf.larger"), "+")} aria-keyshortcuts="Plus" aria-disabled={more === null} onClick={() => more !== null && onSize(more)} />
        <IconButton icon="fit_width" label={t("pdf.fit_width")} aria-pressed={size === WIDTH} onClick={() => onSize(WIDTH)} />
        <IconButton icon="fit_page" label={t("pdf.fit_page")} aria-pressed={size === "page"} onClick={() => onSize("page")} />
      </div>
    </div>
  );
}

/** Says which page shows, and leads to another by its number. What is none leads nowhere. */
function PageField({ page, pages, onGo }: Pick<Props, "page" | "pages" | "onGo">) {
  const t = useText();
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <form
      className="pdf-page"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = pageOf(typed ?? "", pages);
        setTyped(null);
        if (wanted !== null) onGo(wanted);
      }}
    >
      <label htmlFor={id}>{t("pdf.page_field")}</label>
      <input
        id={id}
        className="pdf-number"
        inputMode="numeric"
        enterKeyHint="go"
        autoComplete="off"
        aria-describedby={`${id}-of`}
        // As wide as the longest number.
        size={Math.max(String(pages).length, 2)}
        value={typed ?? String(page)}
        onFocus={(event) => {
          event.target.select();
        }}
        onBlur={() => {
          setTyped(null);
        }}
        onChange={(event) => {
          setTyped(event.target.value);
        }}
      />
      <span id={`${id}-of`}>{t("pdf.of_pages", { pages: String(pages) })}</span>
    </form>
  );
}
