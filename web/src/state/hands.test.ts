import { expect, test } from "vitest";
import { alice, bob, carol, dan, participant } from "../testing/fake-data";
import { handsFirst } from "./hands";

test("raised hands come first, in their order, and the others stay as they were", () => {
  const participants = [
    participant(0, bob),
    participant(1, carol, { hand: true, hand_place: 2 }),
    participant(2, alice),
    participant(3, dan, { hand: true, hand_place: 1 }),
  ];
  expect(handsFirst(participants).map(({ leaf }) => leaf)).toEqual([3, 1, 0, 2]);
});
