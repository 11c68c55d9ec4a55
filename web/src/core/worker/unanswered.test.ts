import { expect, test } from "vitest";
import type { Command } from "../generated/Command";
import { Unanswered } from "./unanswered";

const text: Command = { type: "send_text", room_id: "r", text: "hello" };
const add: Command = { type: "add_people", room_id: "r", people: ["bob@example.org"] };

test("a message that a lost leader took is asked again under the same id", () => {
  const unanswered = new Unanswered();
  const first = unanswered.ask(1, text);
  expect(first).toMatchObject({ ...text, message_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown });
  unanswered.taken(1);
  expect(unanswered.takeAll()).toEqual([{ id: 1, command: first, again: true }]);
  // The next leader may be lost, too.
  expect(unanswered.ask(1, first)).toEqual(first);
});

test("two messages with the same text have ids of their own", () => {
  const unanswered = new Unanswered();
  expect(unanswered.ask(1, text)).not.toEqual(unanswered.ask(2, text));
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
