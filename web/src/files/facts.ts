/** What a message says of a file beside the file, as far as the browser can tell. */
import type { FileFacts } from "./cards";
import { UNNAMED, plainName, plainType, shownAs } from "./kinds";
import { pictureFacts } from "./picture";

/** A video that says nothing of itself for so long is sent without. */
const VIDEO_PATIENCE_MS = 3_000;

const NOTHING = { dimensions: null, durationMs: null, waveform: null, thumbnail: null };

/** Looks into a file. Never rejects: what cannot be told is left out. */
export async function factsAbout(file: Blob, name: string, maySave: boolean): Promise<FileFacts> {
  const mediaType = plainType(file.type);
  const facts = { ...NOTHING, name: plainName(name, UNNAMED), mediaType, maySave };
  switch (shownAs(mediaType, file.size)) {
    case "picture": {
      const picture = await pictureFacts(file);
      if (!picture) return facts;
      const { width, height, thumbnail } = picture;
      return { ...facts, dimensions: fitting(width, height), thumbnail };
    }
    case "video":
      return { ...facts, ...(await videoFacts(file)) };
    case "sound":
    case "document":
    case "nothing":
      return facts;
  }
}

async function videoFacts(file: Blob): Promise<Pick<FileFacts, "dimensions" | "durationMs">> {
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  try {
    const told = new Promise<void>((resolve) => {
      video.addEventListener("loadedmetadata", () => resolve(), { once: true });
      video.addEventListener("error", () => resolve(), { once: true });
      setTimeout(resolve, VIDEO_PATIENCE_MS);
    });
    video.preload = "metadata";
    video.src = url;
    await told;
    const { videoWidth, videoHeight, duration } = video;
    return { dimensions: fitting(videoWidth, videoHeight), durationMs: Number.isFinite(duration) ? Math.round(duration * 1_000) : null };
  } finally {
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}

/** As large as a message takes it (`client-core/src/limits.rs`). */
const MAX_SIDE = 65_535;

function fitting(width: number, height: number): FileFacts["dimensions"] {
  return isSide(width) && isSide(height) ? { width, height } : null;
}

function isSide(pixels: number): boolean {
  return pixels >= 1 && pixels <= MAX_SIDE;
}
