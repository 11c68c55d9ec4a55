import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";
import { useText } from "../../app/context";
import { moveByArrow } from "../../parts/arrows";
import { Button, IconButton } from "../../parts/button";
import { ErrorText, Loading, Note } from "../../parts/messages";
import type { Opening, Pdf } from "./engine";

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const;
const PAGE_WIDTH = ZOOMS.indexOf(1);

type State = { readonly state: "opening" } | { readonly state: "open"; readonly pdf: Pdf; readonly shown: number } | { readonly state: "failed"; readonly text: "pdf.broken" | "pdf.password" | "pdf.unavailable" };

interface Props {
  readonly blob: Blob;
  readonly name: string;
  /** Where it may not be kept, the browser's own ways to keep what is drawn are not offered; who knows how still can. */
  readonly maySave: boolean;
}

/** A PDF from memory, page by page. What reads it is loaded when the first one is opened. */
export function PdfView({ blob, name, maySave }: Props) {
  const t = useText();
  const [tries, setTries] = useState(0);
  const state = usePdf(blob, tries);
  if (state.state === "opening") return <Loading>{t("pdf.opening")}</Loading>;
  if (state.state === "failed") {
    return (
      <div className="pdf-failed">
        <ErrorText>{t(state.text)}</ErrorText>
        {state.text === "pdf.unavailable" && (
          <Button
            onClick={() => {
              setTries(tries + 1);
            }}
          >
            {t("common.retry")}
          </Button>
        )}
      </div>
    );
  }
  return <Pages pdf={state.pdf} shown={state.shown} name={name} maySave={maySave} />;
}

function usePdf(blob: Blob, tries: number): State {
  const [state, setState] = useState<State>({ state: "opening" });
  useEffect(() => {
    let wanted = true;
    let opening: Opening | null = null;
    const open = async (): Promise<void> => {
      setState({ state: "opening" });
      try {
        const [{ openPdf, MAX_PAGES }, bytes] = await Promise.all([import("./engine"), blob.arrayBuffer()]);
        if (!wanted) return;
        opening = openPdf(new Uint8Array(bytes));
        const opened = await opening.done;
        if (!wanted) return;
        if (opened.ok) setState({ state: "open", pdf: opened.pdf, shown: Math.min(opened.pdf.pages, MAX_PAGES) });
        else setState({ state: "failed", text: opened.failure });
      } catch {
        if (wanted) setState({ state: "failed", text: "pdf.unavailable" });
      }
    };
    void open();
    return () => {
      wanted = false;
      opening?.close();
    };
  }, [blob, tries]);
  return state;
}

/** `shown`: pages that can be turned to. */
function Pages({ pdf, shown, name, maySave }: { readonly pdf: Pdf; readonly shown: number } & Pick<Props, "name" | "maySave">) {
  const t = useText();
  const [page, setPage] = useState(1);
  const [zoom, setZoom] = useState(PAGE_WIDTH);
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const drawn = useDrawn(pdf, page, ZOOMS[zoom] ?? 1, box, sheet);
  const turn = (by: number): void => {
    const next = Math.min(Math.max(page + by, 1), shown);
    if (next === page) return;
    setPage(next);
    box.current?.scrollTo(0, 0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    turn(by);
  };
  const onContextMenu = (event: MouseEvent): void => {
    if (!maySave) event.preventDefault();
  };
  const place = t("pdf.page", { page: String(page), pages: String(shown) });
  return (
    <div className="pdf">
      <div role="toolbar" aria-label={t("pdf.controls")} className="pdf-controls" onKeyDown={moveByArrow} tabIndex={-1}>
        <IconButton icon="back" label={t("pdf.previous")} aria-disabled={page === 1} onClick={() => turn(-1)} />
        <span role="status">{place}</span>
        <IconButton icon="next" label={t("pdf.next")} aria-disabled={page === shown} onClick={() => turn(1)} />
        <IconButton icon="minus" label={t("pdf.smaller")} aria-disabled={zoom === 0} onClick={() => setZoom(Math.max(0, zoom - 1))} />
        <span className="pdf-zoom">{new Intl.NumberFormat(t.locale, { style: "percent" }).format(ZOOMS[zoom] ?? 1)}</span>
        <IconButton icon="plus" label={t("pdf.larger")} aria-disabled={zoom === ZOOMS.length - 1} onClick={() => setZoom(Math.min(ZOOMS.length - 1, zoom + 1))} />
      </div>
      {shown < pdf.pages && <Note tone="info">{t("pdf.too_many", { count: shown })}</Note>}
      {drawn === "failed" && <ErrorText>{t("pdf.page_broken")}</ErrorText>}
      {/* Scrolls by itself; arrow keys turn the pages. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex */}
      <div ref={box} className="pdf-box" role="region" aria-label={t("pdf.of", { name, place })} aria-busy={drawn === "drawing"} tabIndex={0} onKeyDown={onKeyDown} onContextMenu={onContextMenu}>
        <div ref={sheet} className="pdf-sheet" hidden={drawn === "failed"} />
        {drawn === "wordless" && <p className="visually-hidden">{t("pdf.no_text")}</p>}
      </div>
    </div>
  );
}

type Drawn = "drawing" | "worded" | "wordless" | "failed";

/** Draws a page again when it, its size or the room for it changes; what was there stays until then. */
function useDrawn(pdf: Pdf, page: number, zoom: number, box: React.RefObject<HTMLDivElement | null>, sheet: React.RefObject<HTMLDivElement | null>): Drawn {
  const [drawn, setDrawn] = useState<Drawn>("drawing");
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const { paddingLeft, paddingRight } = getComputedStyle(element);
      setWidth(Math.floor(element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)));
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [box]);
  useEffect(() => {
    const element = sheet.current;
    if (!element || width <= 0) return;
    const stop = new AbortController();
    const draw = async (): Promise<void> => {
      setDrawn("drawing");
      try {
        const words = await pdf.draw(page, element, width, zoom, stop.signal);
        if (words !== null) setDrawn(words ? "worded" : "wordless");
      } catch {
        if (!stop.signal.aborted) setDrawn("failed");
      }
    };
    void draw();
    return () => {
      stop.abort();
    };
  }, [pdf, page, zoom, width, sheet]);
  return drawn;
}
