import { expect, test } from "vitest";
import { matters, stillAsked, withAsked, type Asked } from "./asks";

const mute: Asked = { ask: "mute", by: "Bob" };
const unmute: Asked = { ask: "unmute", by: "Carol" };
const hand: Asked = { ask: "lower_hand", by: "Bob" };

test("only who is heard can be muted, only who is muted can be asked, only a raised hand be lowered", () => {
  const on = { microphone: true, hand: true };
  const off = { microphone: false, hand: false };
  expect((["mute", "unmute", "lower_hand"] as const).map((ask) => [matters(ask, on), matters(ask, off)])).toEqual([
    [true, false],
    [false, true],
    [true, false],
  ]);
});

test("of muting and unmuting the last is shown, beside what was asked of the hand", () => {
  expect(withAsked(withAsked([mute], hand), unmute)).toEqual([hand, unmute]);
  expect(withAsked([hand, unmute], mute)).toEqual([hand, mute]);
});

test("what was asked is over once it is settled", () => {
  const asked = [hand, mute];
  expect(stillAsked(asked, { microphone: false, hand: false })).toBe(asked);
  expect(stillAsked(asked, { microphone: true, hand: false })).toEqual([hand]);
  expect(stillAsked(asked, { microphone: false, hand: true })).toEqual([mute]);
});
