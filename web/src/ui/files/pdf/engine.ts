import { getDocument, InvalidPDFException, PasswordException, PDFWorker, RenderingCancelledException, TextLayer, type PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import jbig2 from "pdfjs-dist/wasm/jbig2.wasm?url";
import openjpeg from "pdfjs-dist/wasm/openjpeg.wasm?url";
import qcms from "pdfjs-dist/wasm/qcms_bg.wasm?url";
import { scaleOf, type Size } from "./size";

/** Pages that can be turned to. More are no document that one reads in a conversation, and their list alone takes memory. */
export const MAX_PAGES = 1_000;

/** Pixels of a drawn page, four bytes each, and of a picture in one: more takes a phone's memory, fewer blurs at a great zoom. */
const MAX_PIXELS = 16 * 1024 * 1024;

export type PdfFailure = "pdf.broken" | "pdf.password";

/** A PDF in memory. Nothing in it runs: its scripts are never looked at, its links and forms are drawn and no more. */
export interface Pdf {
  /** Of the document; those beyond {@link MAX_PAGES} are not shown. */
  readonly pages: number;
  /**
   * Draws a page (from 1 on) into an element, in a room of so many pixels, with its words over it for who selects them or has
   * them read out. Nothing when it was stopped before it was done.
   */
  readonly draw: (page: number, into: HTMLElement, room: Room, size: Size, stopped: AbortSignal) => Promise<DrawnPage | null>;
}

/** In pixels. */
export interface Room {
  readonly width: number;
  readonly height: number;
}

export interface DrawnPage {
  /** Whether there are any. */
  readonly words: boolean;
  /** How many times as wide as the room it is. */
  readonly zoom: number;
}

export interface Opening {
  readonly done: Promise<{ readonly ok: true; readonly pdf: Pdf } | { readonly ok: false; readonly failure: PdfFailure }>;
  /** Ends the worker, whatever it is at. */
  readonly close: () => void;
}

/** Opens a PDF in a worker of its own, so that one that is made to take for ever takes nothing but itself. */
export function openPdf(bytes: Uint8Array<ArrayBuffer>): Opening {
  const port = new Worker(new URL("../../../files/pdf.worker.ts", import.meta.url), { type: "module", name: "pdf" });
  const worker = PDFWorker.create({ port });
  const loading = getDocument({
    data: bytes,
    worker,
    verbosity: 0,
    maxImageSize: MAX_PIXELS,
    canvasMaxAreaInBytes: 4 * MAX_PIXELS,
    useWorkerFetch: false,
    BinaryDataFactory: Parts,
  });
  const ended = new Promise<never>((_, reject) => {
    port.addEventListener("error", () => {
      reject(new InvalidPDFException("the worker stopped"));
    });
  });
  return {
    done: Promise.race([loading.promise, ended]).then((document) => ({ ok: true, pdf: { pages: document.numPages, draw: drawer(document) } }) as const, failed),
    close: () => {
      void loading.destroy().catch(() => undefined);
      port.terminate();
    },
  };
}

/** A password is not asked for: what is asked here would be taken for one's own. */
const failed = (error: unknown) => ({ ok: false, failure: error instanceof PasswordException ? "pdf.password" : "pdf.broken" }) as const;

/** What pdf.js fetches while it reads: its decoders alone. */
class Parts {
  static readonly #decoders: Readonly<Record<string, string>> = { "jbig2.wasm": jbig2, "openjpeg.wasm": openjpeg, "qcms_bg.wasm": qcms };

  // pdf.js makes one of it, and asks that.
  // oxlint-disable-next-line class-methods-use-this
  async fetch({ filename }: { readonly filename: string }): Promise<Uint8Array> {
    const url = Parts.#decoders[filename];
    if (url === undefined) throw new Error("not there");
    const answer = await fetch(url);
    if (!answer.ok) throw new Error("not there");
    return new Uint8Array(await answer.arrayBuffer());
  }
}

function drawer(document: PDFDocumentProxy): Pdf["draw"] {
  return async (number, into, room, size, stopped) => {
    const page = await document.getPage(number);
    const isStopped = (): boolean => stopped.aborted;
    if (isStopped()) return null;
    const scale = scaleOf(page.getViewport({ scale: 1 }), room, size);
    const viewport = page.getViewport({ scale });
    const ratio = Math.min(window.devicePixelRatio, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)));
    const canvas = window.document.createElement("canvas");
    canvas.width = Math.max(1, Math.floor(viewport.width * ratio));
    canvas.height = Math.max(1, Math.floor(viewport.height * ratio));
    canvas.style.width = `${String(viewport.width)}px`;
    canvas.style.height = `${String(viewport.height)}px`;
    canvas.setAttribute("aria-hidden", "true");
    const drawing = page.render({ canvas, viewport, transform: [ratio, 0, 0, ratio, 0, 0] });
    const words = window.document.createElement("div");
    words.className = "pdf-words";
    words.style.setProperty("--total-scale-factor", String(scale));
    const layer = new TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport });
    const stop = (): void => {
      drawing.cancel();
      layer.cancel();
    };
    stopped.addEventListener("abort", stop);
    try {
      await Promise.all([drawing.promise, layer.render()]);
      if (isStopped()) return null;
      into.replaceChildren(canvas, words);
      return { words: layer.textContentItemsStr.some((text: string) => text.trim() !== ""), zoom: viewport.width / room.width };
    } catch (error) {
      if (isStopped() || error instanceof RenderingCancelledException) return null;
      throw error;
    } finally {
      stopped.removeEventListener("abort", stop);
    }
  };
}
