import { expect, test } from "vitest";
import { larger, pageOf, scaleOf, smaller } from "./size";

test("a page fits by whichever side is the longer in its room, and by its width alone where that is wanted", () => {
  const tall = { width: 300, height: 400 };
  const room = { width: 900, height: 600 };
  expect(scaleOf(tall, room, "page")).toBe(1.5);
  expect(scaleOf({ width: 400, height: 100 }, room, "page")).toBe(2.25);
  expect(scaleOf(tall, room, 1)).toBe(3);
  expect(scaleOf(tall, room, 0.5)).toBe(1.5);
});

test("from a size between two, the next larger and smaller are those two", () => {
  expect([larger(0.62), smaller(0.62)]).toEqual([0.75, 0.5]);
  expect([larger(1), smaller(1)]).toEqual([1.25, 0.75]);
  expect([larger(0.999_999), larger(3), smaller(0.5), smaller(0.1)]).toEqual([1.25, null, null, null]);
});

test("a page is typed as a number of the document, and nothing else is one", () => {
  expect([pageOf("1", 12), pageOf(" 12 ", 12), pageOf("007", 12)]).toEqual([1, 12, 7]);
  for (const typed of ["", "0", "13", "-1", "1.5", "1e1", "two", "９"]) expect(pageOf(typed, 12), typed).toBeNull();
});
