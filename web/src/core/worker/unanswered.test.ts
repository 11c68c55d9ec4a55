import { expect, test } from "vitest";
import type { Command } from "../generated/Command";
import { Unanswered } from "./unanswered";

const text: Command = { type: "send_text", room_id: "r", text: "hello", mentions: [], message_id: "5f0c6f6e-9b1b-4c39-8a4e-1f2f3f4f5f6f" };
const add: Command = { type: "add_people", room_id: "r", people: ["bob@example.org"] };

test("a message that a lost leader took is asked again under its id", () => {
  const unanswered = new Unanswered();
  unanswered.ask(1, text);
  unanswered.taken(1);
  expect(unanswered.takeAll()).toEqual([{ id: 1, command: text, again: true }]);
});

test("what must not be done twice is asked again only if no leader took it", () => {
  const unanswered = new Unanswered();
  unanswered.ask(1, add);
  unanswered.ask(2, add);
  unanswered.taken(1);
  expect(unanswered.takeAll().map(({ id, again }) => [id, again])).toEqual([
    [1, false],
    [2, true],
  ]);
});

test("what was answered is not asked again", () => {
  const unanswered = new Unanswered();
  unanswered.ask(1, text);
  unanswered.answered(1);
  expect(unanswered.takeAll()).toEqual([]);
});
