import { expect, test } from "vitest";
import { newerSpan, newestSpan, olderSpan, SPAN_SIZE, SPAN_STEP } from "./window";

test("scrolling up and down again passes every message, and never shows too many", () => {
  const total = 1_000;
  let span = newestSpan(total);
  const seen = new Set<number>();
  const look = () => {
    expect(span.end - span.start).toBeLessThanOrEqual(SPAN_SIZE + SPAN_STEP);
    for (let index = span.start; index < span.end; index++) seen.add(index);
  };
  look();
  while (span.start > 0) {
    const before = span;
    span = olderSpan(span);
    // What was at the upper edge stays in the page, or the reader would lose the place.
    expect(span.end).toBeGreaterThan(before.start);
    look();
  }
  expect(seen.size).toBe(total);
  while (span.end < total) {
    const before = span;
    span = newerSpan(span, total);
    expect(span.start).toBeLessThan(before.end);
    look();
  }
});

test("a short conversation is in the page as a whole", () => {
  expect(newestSpan(3)).toEqual({ start: 0, end: 3 });
});
