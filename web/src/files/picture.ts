/** What a message says of a picture beside the file: how large it is, and a small one to begin with. */
import { shownAs } from "./kinds";

export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly thumbnail: Uint8Array<ArrayBuffer> | null;
}

/** As much as a message may carry (`client-core/src/limits.rs`). */
const MAX_THUMBNAIL_LEN = 8 * 1024;

/** Longest side of the small one, and how well it is kept; the first that fits is taken. */
const TRIES = [
  { side: 160, quality: 0.6 },
  { side: 96, quality: 0.5 },
  { side: 48, quality: 0.4 },
] as const;

/** Of a picture that browsers show; nothing of anything else. */
export async function pictureFacts(file: Blob): Promise<PictureFacts | null> {
  if (shownAs(file.type, file.size) !== "picture") return null;
  try {
    const picture = await createImageBitmap(file);
    try {
      const { width, height } = picture;
      return { width, height, thumbnail: await thumbnailOf(picture) };
    } finally {
      picture.close();
    }
  } catch {
    // The browser cannot read it after all.
    return null;
  }
}

/** Sides of a square one, and how well it is kept; the first that fits is taken. */
const SQUARES = [
  { side: 128, quality: 0.8 },
  { side: 128, quality: 0.5 },
  { side: 96, quality: 0.5 },
  { side: 64, quality: 0.4 },
] as const;

/** The middle of a picture as a small square one, as a room shows it; nothing where the browser cannot read it. */
export async function squarePicture(file: Blob): Promise<Uint8Array<ArrayBuffer> | null> {
  if (shownAs(file.type, file.size) !== "picture") return null;
  try {
    const picture = await createImageBitmap(file);
    try {
      const from = Math.min(picture.width, picture.height);
      const [left, top] = [(picture.width - from) / 2, (picture.height - from) / 2];
      for (const { side, quality } of SQUARES) {
        const canvas = canvasOf(side, side);
        canvas.getContext("2d")?.drawImage(picture, left, top, from, from, 0, 0, side, side);
        const small = await smallOf(canvas, quality);
        if (small) return small;
      }
      return null;
    } finally {
      picture.close();
    }
  } catch {
    return null;
  }
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** What is drawn, if it is small enough. */
async function smallOf(canvas: HTMLCanvasElement, quality: number): Promise<Uint8Array<ArrayBuffer> | null> {
  // Browsers that write no WebP write PNG in its place; JPEG all do.
  const blob = (await encoded(canvas, "image/webp", quality)) ?? (await encoded(canvas, "image/jpeg", quality));
  return blob && blob.size <= MAX_THUMBNAIL_LEN ? new Uint8Array(await blob.arrayBuffer()) : null;
}

async function thumbnailOf(picture: ImageBitmap): Promise<Uint8Array<ArrayBuffer> | null> {
  for (const { side, quality } of TRIES) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = canvasOf(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await smallOf(canvas, quality);
    if (small) return small;
  }
  return null;
}

async function encoded(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob | null> {
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, type, quality);
  });
  return blob?.type === type ? blob : null;
}
