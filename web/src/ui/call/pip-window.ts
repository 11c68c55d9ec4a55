/** Small windows above all others, in the two ways in which browsers have them. */

/** Document Picture-in-Picture (WICG); not among TypeScript's types. */
interface DocumentPictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

export type PipKind = "document" | "video";

const SIZE = { width: 360, height: 264 };

function documentPip(): DocumentPictureInPicture | undefined {
  return (window as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture;
}

/** What this browser has; the window with buttons is better than the bare video. */
export function pipKind(): PipKind | null {
  if (documentPip()) return "document";
  return (document as Partial<Document>).pictureInPictureEnabled ? "video" : null;
}

/** Opens an empty window that looks like this page. Only in a click, or when the browser asks for it. */
export async function openPipWindow(title: string): Promise<Window> {
  const opened = await documentPip()?.requestWindow(SIZE);
  if (!opened) throw new Error("no document picture-in-picture");
  const { document: page } = opened;
  page.documentElement.lang = document.documentElement.lang;
  page.title = title;
  // Copies of the elements: the content security policy allows the page's own files, and no text in their place.
  for (const sheet of document.querySelectorAll("link[rel=stylesheet], style")) page.head.append(page.importNode(sheet, true));
  return opened;
}
