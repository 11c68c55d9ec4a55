import { expect, test } from "vitest";
import { Watchdog } from "./watchdog";

test("frames that go through the transform are fine, however late it counts them", () => {
  const watchdog = new Watchdog();
  expect(watchdog.goesAround({ codec: 3, transform: 0 })).toBe(false);
  expect(watchdog.goesAround({ codec: 30, transform: 28 })).toBe(false);
  expect(watchdog.goesAround({ codec: 34, transform: 33 })).toBe(false);
});

test("frames that go around it are noticed, from the first", () => {
  expect(new Watchdog().goesAround({ codec: 6, transform: 0 })).toBe(true);
});

test("a transform that stops is noticed, even when the frames come slowly", () => {
  const watchdog = new Watchdog();
  watchdog.goesAround({ codec: 30, transform: 30 });
  expect(watchdog.goesAround({ codec: 33, transform: 30 })).toBe(false);
  expect(watchdog.goesAround({ codec: 36, transform: 30 })).toBe(true);
});

test("a track that is quiet is no cause for alarm, nor one that begins anew", () => {
  const watchdog = new Watchdog();
  watchdog.goesAround({ codec: 30, transform: 30 });
  expect(watchdog.goesAround({ codec: 30, transform: 30 })).toBe(false);
  expect(watchdog.goesAround({ codec: 2, transform: 0 })).toBe(false);
});

test("a transform that begins later does not count what was before", () => {
  const watchdog = new Watchdog("first look");
  expect(watchdog.goesAround({ codec: 500, transform: 0 })).toBe(false);
  expect(watchdog.goesAround({ codec: 510, transform: 0 })).toBe(true);
});
