/** What of a file may be shown in the page, and how. Senders say what a file is, and are not believed further than that. */

export type Shown = "picture" | "video" | "sound" | "document" | "nothing";

/** What browsers decode, and nothing that can carry a script: no SVG, no HTML. A PDF is drawn by ourselves, never by the browser. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);
const VIDEOS = new Set(["video/mp4", "video/webm", "video/ogg", "video/quicktime"]);
const SOUNDS = new Set(["audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/webm", "audio/wav", "audio/x-wav", "audio/flac"]);

const DOCUMENT = "application/pdf";

/** A PDF that is larger is not taken apart, which takes some times its length; it can be saved. */
export const MAX_DOCUMENT_LEN = 32 * 1024 * 1024;

/** What is larger is not held in memory for looking at it; it can be saved. */
export const MAX_SHOWN_LEN = 64 * 1024 * 1024;

/** Pictures up to so much come without being asked for: as much as a page with some of them may cost on a phone. */
export const MAX_UNASKED_LEN = 5 * 1024 * 1024;

/** How a file of this type and size is shown. */
export function shownAs(mediaType: string, size: number): Shown {
  if (size > MAX_SHOWN_LEN) return "nothing";
  if (PICTURES.has(mediaType)) return "picture";
  if (VIDEOS.has(mediaType)) return "video";
  if (SOUNDS.has(mediaType)) return "sound";
  if (mediaType === DOCUMENT && size <= MAX_DOCUMENT_LEN) return "document";
  return "nothing";
}

/** The type that a blob gets: what may be shown as what it is, the rest as bytes that no browser interprets. */
export function safeType(mediaType: string): string {
  return ["nothing", "document"].includes(shownAs(mediaType, 0)) ? "application/octet-stream" : mediaType;
}

/** Media types of `type/subtype` alone, as a message carries them; parameters say nothing that we use. */
export function plainType(type: string): string {
  const plain = (type.split(";")[0] ?? "").trim().toLowerCase();
  return /^[a-z0-9][a-z0-9!#$&\-^_.+]*\/[a-z0-9][a-z0-9!#$&\-^_.+]*$/.test(plain) && plain.length <= 127 ? plain : "application/octet-stream";
}

/** Bytes of UTF-8 that a name may have (`client-core/src/limits.rs`). */
const MAX_NAME_LEN = 255;

// What a message must not have in a name (`client-core/src/files/descriptor.rs`): it would hide what the file is.
const HIDING =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f/\\\u00ad\u{34f}\u061c\u115f\u1160\u{17b4}\u{17b5}\u{180b}-\u{180f}\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ue000-\uf8ff\p{Cs}\u{e0000}-\u{e0fff}\u{f0000}-\u{10ffff}]/gu;

/** Emoji and some scripts are written with them; between letters of ASCII they only hide. */
const JOINER = /^[\u200c\u200d]$/;
const VARIANT = /^[\ufe00-\ufe0f]$/;

function isJoined(char: string | undefined): boolean {
  return (char?.codePointAt(0) ?? 0) > 0x9f;
}

/** Joiners that join nothing are made visible, until none is left. */
function withoutLooseJoiners(name: string): string {
  const chars = Array.from(name);
  const loose = (): number =>
    chars.findIndex((char, at) => (JOINER.test(char) && !(isJoined(chars[at - 1]) && isJoined(chars[at + 1]))) || (VARIANT.test(char) && !isJoined(chars[at - 1])));
  for (let at = loose(); at >= 0; at = loose()) chars[at] = "_";
  return chars.join("");
}

/** What a file is called whose own name nothing can be made of. */
export const UNNAMED = "file";

/** A name that a message can carry, as near to the file's own as that goes. */
export function plainName(name: string, fallback: string): string {
  const plain = withoutLooseJoiners(name.replaceAll(HIDING, "_").trim());
  if (plain === "" || plain === "." || plain === "..") return fallback;
  const encoder = new TextEncoder();
  if (encoder.encode(plain).length <= MAX_NAME_LEN) return plain;
  // The end says what it is, so the middle goes.
  const dot = plain.lastIndexOf(".");
  const ending = dot > 0 && plain.length - dot <= 16 ? plain.slice(dot) : "";
  // By code points, so that none is cut in half.
  let stem = Array.from(plain.slice(0, plain.length - ending.length));
  while (encoder.encode(stem.join("") + ending).length > MAX_NAME_LEN) stem = stem.slice(0, -1);
  return withoutLooseJoiners(`${stem.join("").trim()}${ending}`);
}
