import { expect, test } from "vitest";
import { FEWEST_FRAMES, Guard, PACES, PATIENCE_MS, WINDOW_MS, type Judgement } from "./guard";

/** A computer on which each frame takes so long, for `ms` milliseconds; what the guard said of it that was not "on". */
function run(guard: Guard, from: number, ms: number, took: (rate: number) => number): { said: Judgement[]; now: number } {
  const said: Judgement[] = [];
  let now = from;
  while (now < from + ms) {
    const cost = took(guard.pace.rate);
    now += Math.max(1_000 / guard.pace.rate, cost);
    const judgement = guard.judge(now, cost);
    if (judgement !== "on") said.push(judgement);
    if (judgement === "given_up") break;
  }
  return { said, now };
}

test("where frames are quick nothing changes", () => {
  const guard = new Guard();
  expect(run(guard, 0, 60_000, () => 10).said).toEqual([]);
  expect(guard.pace).toBe(PACES[0]);
});

test("frames that take too long come more seldom, as far as is needed and no further", () => {
  const guard = new Guard();
  run(guard, 0, 60_000, () => 50);
  expect(guard.pace.rate).toBe(10);
});

test("one slow moment changes nothing", () => {
  const guard = new Guard();
  let count = 0;
  expect(run(guard, 0, 30_000, () => (count++ === 40 ? 800 : 5)).said).toEqual([]);
});

test("the first frames alone, however slow, decide nothing", () => {
  const guard = new Guard();
  const said = Array.from({ length: FEWEST_FRAMES - 1 }, (_, index) => guard.judge((index + 1) * 2_000, 2_000));
  expect(new Set(said)).toEqual(new Set(["on"]));
});

test("where the slowest pace is too fast for the whole of its patience, it gives up, and no sooner", () => {
  const guard = new Guard();
  const { said, now } = run(guard, 0, 300_000, () => 400);
  expect(said).toEqual(["changed", "changed", "changed", "given_up"]);
  expect(now).toBeGreaterThanOrEqual(3 * WINDOW_MS + PATIENCE_MS);
});

test("who is busy for less than the patience is not given up", () => {
  const guard = new Guard();
  let { now } = run(guard, 0, 3 * WINDOW_MS + PATIENCE_MS / 2, () => 400);
  expect(guard.pace).toBe(PACES.at(-1));
  for (let round = 0; round < 3; round++) {
    const calm = run(guard, now, 2 * WINDOW_MS, () => 120);
    const busy = run(guard, calm.now, PATIENCE_MS / 2, () => 400);
    expect([...calm.said, ...busy.said]).toEqual([]);
    ({ now } = busy);
  }
});

test("when there is room again, frames come faster again", () => {
  const guard = new Guard();
  const { now } = run(guard, 0, 20_000, () => 90);
  expect(guard.pace.rate).toBe(5);
  run(guard, now, 60_000, () => 8);
  expect(guard.pace).toBe(PACES[0]);
});
