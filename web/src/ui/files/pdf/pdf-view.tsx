import { useEffect, useRef, useState, type MouseEvent, type RefObject } from "react";
import { useApp, useStore, useText } from "../../app/context";
import { Button } from "../../parts/button";
import { topmost } from "../../parts/escape";
import { useKeyDown } from "../../parts/key-down";
import { ErrorText, Loading, Note } from "../../parts/messages";
import type { Opening, Pdf, Room } from "./engine";
import { PdfControls } from "./pdf-controls";
import { larger, smaller, WIDTH, type Size } from "./size";

/** Of a screen, so far do the keys scroll: the last line stays in sight. */
const SCREEN = 0.9;

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
  const { client, t } = useApp();
  const { singleKeyShortcuts } = useStore(client.preferences.view);
  const [page, setPage] = useState(1);
  const [size, setSize] = useState<Size>(WIDTH);
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const { drawn, zoom } = useDrawn(pdf, page, size, box, sheet);
  const go = (to: number, end = false): void => {
    const next = Math.min(Math.max(to, 1), shown);
    if (next === page) return;
    setPage(next);
    box.current?.scrollTo(0, end ? box.current.scrollHeight : 0);
  };
  /** A screen on, and from the end of a page to the next. */
  const pass = (by: 1 | -1): void => {
    const element = box.current;
    if (!element) return;
    const left = by > 0 ? element.scrollHeight - element.clientHeight - element.scrollTop : element.scrollTop;
    if (left > 1) element.scrollBy(0, by * SCREEN * element.clientHeight);
    else go(page + by, by < 0);
  };
  useKeyDown((event) => {
    const { target, key, shiftKey } = event;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || topmost()?.contains(box.current) === false) return;
    const typing = target instanceof HTMLInputElement;
    const act = {
      PageUp: () => pass(-1),
      PageDown: () => pass(1),
      ...(!typing &&
        !shiftKey && {
          ArrowLeft: () => go(page - 1),
          ArrowRight: () => go(page + 1),
          Home: () => go(1),
          End: () => go(shown),
        }),
      ...(!typing &&
        singleKeyShortcuts && {
          "+": () => setSize(larger(zoom) ?? size),
          // The same key without Shift, on many keyboards.
          "=": () => setSize(larger(zoom) ?? size),
          "-": () => setSize(smaller(zoom) ?? size),
        }),
    }[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const onContextMenu = (event: MouseEvent): void => {
    if (!maySave) event.preventDefault();
  };
  const place = t("pdf.page", { page: String(page), pages: String(shown) });
  return (
    <div className="pdf">
      <PdfControls
        page={page}
        pages={shown}
        size={size}
        zoom={zoom}
        onPage={go}
        onGo={(to) => {
          go(to);
          box.current?.focus();
        }}
        onSize={setSize}
      />
      <span role="status" className="visually-hidden">
        {place}
      </span>
      {shown < pdf.pages && <Note tone="info">{t("pdf.too_many", { count: shown })}</Note>}
      {drawn === "failed" && <ErrorText>{t("pdf.page_broken")}</ErrorText>}
      {/* Scrolls by itself. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex */}
      <div ref={box} className="pdf-box" role="region" aria-label={t("pdf.of", { name, place })} aria-busy={drawn === "drawing"} tabIndex={0} onContextMenu={onContextMenu}>
        <div ref={sheet} className="pdf-sheet" hidden={drawn === "failed"} />
        {drawn === "wordless" && <p className="visually-hidden">{t("pdf.no_text")}</p>}
      </div>
    </div>
  );
}

type Drawn = "drawing" | "worded" | "wordless" | "failed";

/** Draws a page again when it, its size or the room for it changes; what was there stays until then. */
function useDrawn(pdf: Pdf, page: number, size: Size, box: RefObject<HTMLDivElement | null>, sheet: RefObject<HTMLDivElement | null>): { readonly drawn: Drawn; readonly zoom: number } {
  const [drawn, setDrawn] = useState<Drawn>("drawing");
  const [fitted, setFitted] = useState(1);
  const { width, height } = useRoom(box);
  // Where the width alone counts, the height may be what it is.
  const counting = size === "page" ? height : 0;
  useEffect(() => {
    const element = sheet.current;
    if (!element || width <= 0 || (size === "page" && counting <= 0)) return;
    const stop = new AbortController();
    const draw = async (): Promise<void> => {
      setDrawn("drawing");
      try {
        const made = await pdf.draw(page, element, { width, height: counting }, size, stop.signal);
        if (!made) return;
        setDrawn(made.words ? "worded" : "wordless");
        setFitted(made.zoom);
      } catch {
        if (!stop.signal.aborted) setDrawn("failed");
      }
    };
    void draw();
    return () => {
      stop.abort();
    };
  }, [pdf, page, size, width, counting, sheet]);
  return { drawn, zoom: size === "page" ? fitted : size };
}

/** Pixels that there are for a page. */
function useRoom(box: RefObject<HTMLDivElement | null>): Room {
  const [room, setRoom] = useState<Room>({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const { paddingLeft, paddingRight, paddingTop, paddingBottom } = getComputedStyle(element);
      setRoom({ width: inside(element.clientWidth, paddingLeft, paddingRight), height: inside(element.clientHeight, paddingTop, paddingBottom) });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [box]);
  return room;
}

const inside = (outside: number, ...paddings: string[]): number => Math.floor(paddings.reduce((left, padding) => left - Number.parseFloat(padding), outside));
