import { expect, test, vi } from "vitest";
import type { CallMessageView } from "../core/generated/CallMessageView";
import { alice, bob, said } from "../testing/fake-data";
import { CallChat } from "./call-chat";
import { MAX_CALL_MESSAGES } from "./limits";

const told = (messages: CallMessageView[], reset = false) => ({ type: "call_messages", reset, messages }) as const;
const texts = (chat: CallChat) => chat.view.get().messages.map(({ text }) => text);

test("messages stand in their order, and one that changes keeps its id", () => {
  const chat = new CallChat();
  const mine = said(1 + 2 ** 52, alice, "mine", { delivery: "sending" });
  chat.take(told([mine]));
  chat.take(told([said(1, bob, "theirs")]));
  expect(texts(chat)).toEqual(["theirs", "mine"]);
  chat.take(told([{ ...mine, order: 2, delivery: "sent" }]));
  chat.take(told([said(3, bob, "last")]));
  expect(texts(chat)).toEqual(["theirs", "mine", "last"]);
});

test("what others say while the panel is closed is unread, and told to who listens", () => {
  const chat = new CallChat();
  const heard = vi.fn<(message: CallMessageView) => void>();
  chat.onMessage(heard);
  chat.take(told([said(1, bob, "before")], true));
  expect(chat.view.get().unread).toBe(0);
  chat.take(told([said(2, bob, "one"), said(3, alice, "own")]));
  chat.take(told([said(2, bob, "one")]));
  expect(chat.view.get().unread).toBe(1);
  expect(heard.mock.calls.map(([message]) => message.text)).toEqual(["one"]);
  const close = chat.open();
  chat.take(told([said(4, bob, "two")]));
  expect(chat.view.get().unread).toBe(0);
  close();
  chat.take(told([said(5, bob, "three")]));
  expect(chat.view.get().unread).toBe(1);
});

test("a call that is over takes its messages and the draft along", () => {
  const chat = new CallChat();
  chat.take(told([said(1, bob, "one")]));
  chat.draft = "half a";
  chat.clear();
  expect(chat.view.get()).toEqual({ messages: [], unread: 0, open: false });
  expect(chat.draft).toBe("");
});

test("of very many messages the newest stay", () => {
  const chat = new CallChat();
  for (let order = 1; order <= MAX_CALL_MESSAGES + 2; order += 1) chat.take(told([said(order, bob, String(order))]));
  expect(texts(chat)).toHaveLength(MAX_CALL_MESSAGES);
  expect(texts(chat)[0]).toBe("3");
});
