/** Number of avatar colours in tokens.css. */
const HUES = 6;

/** Initials on a colour that belongs to the id. Decoration: the name stands beside it. */
export function Avatar({ id, name, size = "medium" }: { readonly id: string; readonly name: string; readonly size?: "small" | "medium" | "large" }) {
  return (
    <span className={`avatar avatar-${size} avatar-hue-${String(hueOf(id))}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

/** The first letters of the first and of the last word; a letter may be several units of UTF-16. */
export function initialsOf(name: string): string {
  const all = name.split(/\s+/).filter((word) => word !== "");
  // "Harbour (2026)" begins with H and 2; where there are no letters at all, with whatever there is.
  const lettered = all.map((word) => word.replace(/^[\p{P}\p{C}]+/u, "")).filter((word) => word !== "");
  const words = lettered.length > 0 ? lettered : all;
  const first = letterOf(words[0]);
  const last = words.length > 1 ? letterOf(words.at(-1)) : "";
  return (first + last).toUpperCase();
}

const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function letterOf(word = ""): string {
  for (const { segment } of LETTERS.segment(word)) return segment;
  return "";
}

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}
