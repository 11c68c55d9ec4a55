import { expect, it } from "vitest";
import { Clock } from "./clock";

it("goes on where the wall clock is set back, and catches up after a sleep", () => {
  let wall = 1_000_000;
  let steady = 500;
  const clock = new Clock(
    () => wall,
    () => steady,
  );
  const pass = (ms: number): void => {
    wall += ms;
    steady += ms;
  };
  expect(clock.now()).toBe(1_000_000);
  pass(1_000);
  expect(clock.now()).toBe(1_001_000);
  wall -= 60_000;
  expect(clock.now()).toBe(1_001_000);
  pass(5_000);
  expect(clock.now()).toBe(1_006_000);
  // Set right again, and an hour asleep, which the steady clock did not notice.
  wall += 60_000 + 3_600_000;
  expect(clock.now()).toBe(4_606_000);
});
