/** Takes PDFs apart: the worker of pdf.js, of this origin and in a chunk of its own. */
import "pdfjs-dist/legacy/build/pdf.worker.min.mjs";
