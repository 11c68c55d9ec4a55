import { expect, test } from "vitest";
import { alice, bob, carol, event, NOW, text } from "../testing/fake-data";
import { groupMessages, UNOPENED, withMessages, type Conversation } from "./conversation";

const MINUTE = 60_000;
const day = (at: number) => Math.floor(at / 86_400_000);

function told(before: Conversation, messages: Conversation["messages"], change: { reset?: boolean; removed?: string[]; unread?: number } = {}): Conversation {
  const { reset = false, removed = [], unread = 0 } = change;
  return withMessages(before, { type: "messages", room_id: "r", reset, messages: [...messages], removed, has_older: false }, unread);
}

test("a message that is sent moves once to its place, and stays one", () => {
  const waiting = text(9_000_000, alice, NOW, "hello", { message_id: "mine", delivery: "sending" });
  let conversation = told(UNOPENED, [waiting]);
  conversation = told(conversation, [text(2, bob, NOW, "first")]);
  expect(conversation.messages.map(({ message_id }) => message_id)).toEqual(["message-2", "mine"]);
  conversation = told(conversation, [{ ...waiting, order: 1, delivery: "sent" }]);
  expect(conversation.messages.map(({ message_id, delivery }) => [message_id, delivery])).toEqual([
    ["mine", "sent"],
    ["message-2", "received"],
  ]);
});

test("what is gone is not shown", () => {
  const conversation = told(told(UNOPENED, [text(1, bob, NOW, "a"), text(2, bob, NOW, "b")]), [], { removed: ["message-1"] });
  expect(conversation.messages.map(({ order }) => order)).toEqual([2]);
});

test("the unread marker stands above the first unread message of somebody else, and stays there", () => {
  const messages = [text(1, bob, NOW, "old"), text(2, bob, NOW, "new"), text(3, alice, NOW, "mine"), event(4, bob, NOW, "renamed"), text(5, carol, NOW, "newer")];
  const opened = told(UNOPENED, messages, { reset: true, unread: 2 });
  expect(opened.firstUnread).toBe("message-2");
  expect(told(opened, [text(6, bob, NOW, "live")], { unread: 1 }).firstUnread).toBe("message-2");
});

test("messages are grouped by day and author; a silence or an event begins a new group", () => {
  const messages = [
    text(1, bob, NOW - 86_400_000, "yesterday"),
    text(2, bob, NOW, "a"),
    text(3, bob, NOW + MINUTE, "b"),
    text(4, alice, NOW + MINUTE, "c"),
    event(5, alice, NOW + MINUTE, "renamed"),
    text(6, alice, NOW + MINUTE, "d"),
    text(7, alice, NOW + 20 * MINUTE, "e"),
  ];
  const days = groupMessages(messages, day);
  expect(days.map(({ groups }) => groups.map((group) => group.messages.map(({ order }) => order)))).toEqual([
    [[1]],
    [[2, 3], [4], [5], [6], [7]],
  ]);
});
