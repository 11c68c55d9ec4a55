/** Which of the loaded messages stand in the page: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Messages in the page at once. Fewer would show gaps at fast scrolling, more makes typing slow on phones. */
export const SPAN_SIZE = 160;

/** By how much the span moves when an edge comes near. More is drawn in one go, which shows as a jerk; less is drawn too often. */
export const SPAN_STEP = 20;

/** Messages before the one to which one is led: about two screens, so that its surroundings show. */
export const SPAN_BEFORE = 60;

/** The newest messages. */
export function newestSpan(total: number): Span {
  return { start: Math.max(0, total - SPAN_SIZE), end: total };
}

/** Towards the older ones. */
export function olderSpan(span: Span): Span {
  const start = Math.max(0, span.start - SPAN_STEP);
  return { start, end: Math.min(span.end, start + SPAN_SIZE + SPAN_STEP) };
}

/** Towards the newer ones. */
export function newerSpan(span: Span, total: number): Span {
  const end = Math.min(total, span.end + SPAN_STEP);
  return { start: Math.max(span.start, end - SPAN_SIZE - SPAN_STEP), end };
}

/** Around a message, wherever it is. */
export function spanAround(index: number, total: number): Span {
  const start = Math.max(0, index - SPAN_BEFORE);
  return { start, end: Math.min(total, start + SPAN_SIZE) };
}
