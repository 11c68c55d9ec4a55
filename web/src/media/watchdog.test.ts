import { expect, test } from "vitest";
import { PublishWatchdog, Watchdog, type Look, type Verdict } from "./watchdog";

/** A look at a moment that takes no time. */
function look(codec: number, transform: number): Look {
  return { before: transform, codec, after: transform };
}

test("frames that go through the transform are fine, however late it counts them", () => {
  const watchdog = new Watchdog();
  expect(watchdog.goesAround(look(3, 0))).toBe(false);
  expect(watchdog.goesAround(look(30, 28))).toBe(false);
  expect(watchdog.goesAround(look(34, 33))).toBe(false);
});

test("frames that go around it are noticed, from the first", () => {
  expect(new Watchdog().goesAround(look(6, 0))).toBe(true);
});

test("a transform that stops is noticed, even when the frames come slowly", () => {
  const watchdog = new Watchdog();
  watchdog.goesAround(look(30, 30));
  expect(watchdog.goesAround(look(33, 30))).toBe(false);
  expect(watchdog.goesAround(look(36, 30))).toBe(true);
});

test("a track that is quiet is no cause for alarm, nor one that begins anew", () => {
  const watchdog = new Watchdog();
  watchdog.goesAround(look(30, 30));
  expect(watchdog.goesAround(look(30, 30))).toBe(false);
  expect(watchdog.goesAround(look(2, 0))).toBe(false);
});

test("a transform that begins later does not count what was before", () => {
  const watchdog = new Watchdog("first look");
  expect(watchdog.goesAround(look(500, 0))).toBe(false);
  expect(watchdog.goesAround(look(510, 0))).toBe(true);
});

test("a page that is late between its counts is no cause for alarm", () => {
  const watchdog = new Watchdog();
  watchdog.goesAround({ before: 99, codec: 100, after: 125 });
  expect(watchdog.goesAround({ before: 125, codec: 125, after: 125 })).toBe(false);
  expect(watchdog.goesAround({ before: 125, codec: 131, after: 125 })).toBe(true);
});

const judged = (looks: readonly Look[]): Verdict[] => {
  const watchdog = new PublishWatchdog();
  return looks.map((each) => watchdog.judge(each));
};

test("a track is held at the first suspicion, and goes on when the frames were only late", () => {
  expect(judged([look(0, 0), look(6, 0), look(6, 0), look(6, 6), look(12, 12)])).toEqual(["fine", "hold", "hold", "resume", "fine"]);
});

test("a track whose frames never come is given up after two seconds", () => {
  const verdicts = judged([look(6, 0), ...Array.from({ length: 8 }, () => look(6, 0))]);
  expect(verdicts).toEqual([...Array.from({ length: 8 }, () => "hold"), "lost"]);
});

test("a codec that counts nothing of a held track is no sign that the frames came", () => {
  expect(judged([look(30, 30), look(40, 30), look(0, 30), look(0, 30)])).toEqual(["fine", "hold", "hold", "hold"]);
});

test("late frames of a transform that is lost for good let the track go on once, and no second time", () => {
  const verdicts = judged([look(30, 30), look(40, 30), look(40, 33), look(46, 33), ...Array.from({ length: 8 }, () => look(46, 33))]);
  expect(verdicts).toEqual(["fine", "hold", "resume", "hold", ...Array.from({ length: 7 }, () => "hold"), "lost"]);
});
