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

test("whatever is told in whatever order, each message is there once, as it was told last, and in its place", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    let state = seed;
    const draw = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return (state >> 8) % below;
    };
    let conversation = UNOPENED;
    let expected = new Map<string, Conversation["messages"][number]>();
    for (let step = 0; step < 12; step += 1) {
      const messages = Array.from({ length: draw(8) }, () => {
        const id = draw(30);
        return text(draw(4) === 0 ? 1_000 + id : id, bob, NOW + draw(3), String(step), { message_id: `m${String(id)}` });
      });
      const removed = Array.from({ length: draw(3) }, () => `m${String(draw(30))}`);
      const reset = step > 0 && draw(10) === 0;
      conversation = told(conversation, messages, { reset, removed });
      expected = new Map([...(reset ? [] : expected), ...messages.map((message) => [message.message_id, message] as const)]);
      for (const id of removed) expected.delete(id);
      const inPlace = [...expected.values()].toSorted((a, b) => a.order - b.order || a.sent_at - b.sent_at || (a.message_id < b.message_id ? -1 : 1));
      expect(conversation.messages, `seed ${String(seed)}, step ${String(step)}`).toEqual(inPlace);
    }
  }
});

test("a message that changes leaves all others the objects that they were, so that they are not drawn again", () => {
  const before = told(UNOPENED, [text(1, bob, NOW, "a"), text(2, bob, NOW, "b"), text(3, bob, NOW, "c")]);
  const after = told(before, [text(2, bob, NOW, "b!", { edited: true })]);
  expect(after.messages[0]).toBe(before.messages[0]);
  expect(after.messages[2]).toBe(before.messages[2]);
  expect(after.messages[1]).not.toBe(before.messages[1]);
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
