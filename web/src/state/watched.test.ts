import { expect, test } from "vitest";
import { wasWatched, type Spans } from "./watched";

function spans(...pairs: (readonly [number, number])[]): Spans {
  return { length: pairs.length, start: (index) => pairs[index]?.[0] ?? 0, end: (index) => pairs[index]?.[1] ?? 0 };
}

test("B1: a video was watched when all of it was played, in whatever pieces", () => {
  expect(wasWatched(spans([0, 9.8]), 10)).toBe(true);
  expect(wasWatched(spans([0, 4], [4, 10]), 10)).toBe(true);
  expect(wasWatched(spans([0.1, 0.9]), 1)).toBe(true);
});

test("B1: who jumps to the end has not watched it", () => {
  expect(wasWatched(spans([0, 1], [9, 10]), 10)).toBe(false);
  expect(wasWatched(spans(), 10)).toBe(false);
  expect(wasWatched(spans(), 0)).toBe(false);
  expect(wasWatched(spans([0, 0.1]), 0.9)).toBe(false);
});
