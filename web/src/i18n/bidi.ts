/** Names and titles inside of sentences that are written the other way. */

/** Letters that are written from right to left, and the marks that change directions. */
const OTHER_WAY = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const OVERRIDES = /[\u202a-\u202e\u2066\u2067]/g;
const FIRST_STRONG_ISOLATE = "\u2068";
const POP_ISOLATE = "\u2069";

/**
 * A text as a part of a sentence: it keeps its own direction, and what stands around it is not drawn into it. A text from left
 * to right, which is what nearly all are, stays as it is. What would reach beyond its end (an override, an end of another
 * part) goes.
 */
export function isolated(text: string): string {
  if (!OTHER_WAY.test(text)) return text;
  let depth = 0;
  let plain = "";
  for (const char of text.replaceAll(OVERRIDES, "")) {
    if (char === FIRST_STRONG_ISOLATE) depth += 1;
    if (char === POP_ISOLATE) {
      if (depth === 0) continue;
      depth -= 1;
    }
    plain += char;
  }
  return FIRST_STRONG_ISOLATE + plain + POP_ISOLATE.repeat(depth + 1);
}
