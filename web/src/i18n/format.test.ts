import { expect, test } from "vitest";
import { leftText, spanText } from "./format";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test("a time is told in the largest unit of which it is a whole number", () => {
  const told = [10_000, MINUTE, 90 * MINUTE, 8 * HOUR, DAY, 28 * DAY, 1].map((ms) => spanText("en-GB", ms));
  expect(told).toEqual(["10 seconds", "1 minute", "90 minutes", "8 hours", "1 day", "4 weeks", "1 second"]);
});

test("what is left is told short", () => {
  expect(leftText("en-GB", { value: 5, unit: "minute" })).toBe("5 mins");
  expect(leftText("en-GB", { value: 1, unit: "day" })).toBe("1 day");
});
