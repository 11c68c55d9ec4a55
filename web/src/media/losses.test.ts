import { expect, test } from "vitest";
import { Losses } from "./losses";

const after = (reports: number[]) => {
  const losses = new Losses();
  for (const [at, lost] of reports.entries()) losses.note(at + 1, lost, 0.05);
  return losses.depth;
};
const always = (lost: number) => after(Array.from({ length: 30 }, () => lost));

test("the more is lost, the more is repeated", () => {
  expect([0, 0.002, 0.02, 0.1, 0.3, 0.9].map(always)).toEqual([0, 0, 1, 2, 4, 4]);
});

test("losses are answered at once, and forgotten slowly", () => {
  expect(after([0, 0, 0.1])).toBeGreaterThan(0);
  expect(after([0.3, 0.3, 0.3, 0, 0])).toBeGreaterThan(2);
});

test("a report counts once", () => {
  const losses = new Losses();
  for (let look = 0; look < 20; look += 1) losses.note(5, 0.004, 0.05);
  expect(losses.depth).toBe(0);
});

test("losses for some seconds on a way that does not fill are random", () => {
  const losses = new Losses();
  let at = 0;
  const hear = (lost: number, rtt = 0.05) => {
    losses.note((at += 1), lost, rtt);
    return losses.atRandom;
  };
  expect([0.3, 0.3, 0.3, 0.3].map((lost) => hear(lost))).toEqual([false, false, false, false]);
  expect(hear(0.3)).toBe(true);
  expect(hear(0)).toBe(true);
  expect(hear(0.3, 0.4), "the way fills").toBe(false);
  expect([0.3, 0.3, 0.3, 0.3, 0.3].map((lost) => hear(lost)).at(-1), "and empties").toBe(true);
  expect([0, 0, 0, 0, 0].map((lost) => hear(lost)).at(-1), "and loses nothing any more").toBe(false);
});
