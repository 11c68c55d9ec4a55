import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { MAX_TEXT_LEN } from "../../state/limits";
import { type FakeCore, someCall } from "../../testing/fake-core";
import { bob, carol, dan, participant, said } from "../../testing/fake-data";
import { inCall } from "../../testing/in-call";
import { stageOf } from "../../testing/screen";

const call = someCall("design");

beforeEach(() => {
  stageOf(1252, 640);
});

const button = (name: string) => screen.getByRole("button", { name });
const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message to everyone in the call" });
const log = () => screen.getByRole("log", { name: "Chat" });
const alert = () =>
  screen
    .getAllByRole("alert")
    .map((each) => each.textContent)
    .join("");
const lines = () =>
  within(log())
    .queryAllByRole("article")
    .map((article) => article.querySelector(".message-text")?.textContent);
const hears = (core: FakeCore, ...messages: ReturnType<typeof said>[]) => {
  act(() => {
    core.say(...messages);
  });
};

test("the chat opens by button and by key, and what is written goes to all", async () => {
  const { user, core } = inCall(call);
  await user.click(button("Chat"));
  expect(screen.getByText(/gone when the call ends/)).toBeTruthy();
  expect(screen.getByText("No messages yet")).toBeTruthy();
  await user.type(box(), "one{Shift>}{Enter}{/Shift}two{Enter}");
  expect(core.sent).toContainEqual({ type: "say_in_call", text: "one\ntwo" });
  expect(box().value).toBe("");
  hears(core, said(1, bob, "Good morning"));
  expect(lines()).toEqual(["Good morning", "one\ntwo"]);
  expect(within(log()).getByText("Sent")).toBeTruthy();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("log")).toBeNull();
  fireEvent.keyDown(document.body, { key: "c", code: "KeyC" });
  expect(lines()).toHaveLength(2);
});

test("what comes while the chat is closed is counted on its button, and read out in bounds", async () => {
  const { user, core, client, t } = inCall(call);
  hears(core, said(1, bob, "a".repeat(500)));
  const chat = button("Chat");
  const described = document.getElementById(chat.getAttribute("aria-describedby") ?? "");
  expect(described?.textContent).toBe("1 unread message");
  await waitFor(() => {
    expect(client.board.announcement.get()?.text(t)).toMatch(/^Bob Okafor wrote: a{120}…$/);
  });
  hears(core, said(2, bob, "two"), said(3, carol, "three"), said(4, carol, "four"));
  await waitFor(() => {
    expect(client.board.announcement.get()?.text(t)).toBe("3 new messages in the chat.");
  });
  await user.click(chat);
  expect(chat.getAttribute("aria-describedby")).toBeNull();
});

test("a draft outlives the panel, and what cannot be sent is in the box again", async () => {
  const { user, core } = inCall(call);
  core.answers.set("say_in_call", { type: "failed", value: { code: "too_many_unsent", params: {} } });
  await user.click(button("Chat"));
  await user.type(box(), "precious");
  await user.click(button("Chat"));
  await user.click(button("Chat"));
  expect(box().value).toBe("precious");
  await user.type(box(), "{Enter}");
  expect(await screen.findByText(/waits to be sent/)).toBeTruthy();
  expect(box().value).toBe("precious");
});

test("a text that is too long is said and not sent", async () => {
  const { user, core } = inCall(call);
  await user.click(button("Chat"));
  fireEvent.change(box(), { target: { value: "a".repeat(MAX_TEXT_LEN + 1) } });
  await user.type(box(), "{Enter}");
  expect(screen.getByText(/1 byte too long/)).toBeTruthy();
  expect(core.sent.some(({ type }) => type === "say_in_call")).toBe(false);
});

test("a reaction is given by menu and by key, shows on the tile, and is read out in one sentence", async () => {
  const { user, core, client, t } = inCall(call);
  await user.click(button("Reactions"));
  await user.click(screen.getByRole("menuitem", { name: "Celebrate" }));
  fireEvent.keyDown(document.body, { key: "3", code: "Digit3" });
  expect(core.sent.filter(({ type }) => type === "react")).toEqual([
    { type: "react", reaction: "celebrate" },
    { type: "react", reaction: "love" },
  ]);
  act(() => {
    core.react(0, "like");
    core.react(1, "like");
  });
  expect(within(screen.getByRole("group", { name: "Bob Okafor" })).getByRole("img", { name: "Thumbs up" })).toBeTruthy();
  await waitFor(() => {
    expect(client.board.announcement.get()?.text(t)).toBe("Bob Okafor and Carol Lindqvist: Thumbs up.");
  });
});

test("a moderator mutes, asks to unmute, lowers hands, and mutes everyone", async () => {
  const { user, core } = inCall(call);
  await user.click(button("People"));
  await user.click(button("Mute Bob Okafor"));
  await user.click(button("Ask Carol Lindqvist to unmute"));
  await user.click(button("Lower hand of Dan Petrov"));
  await user.click(button("Mute everyone"));
  expect(core.sent.filter(({ type }) => type === "ask_participant")).toEqual([
    { type: "ask_participant", leaf: 0, ask: "mute" },
    { type: "ask_participant", leaf: 1, ask: "unmute" },
    { type: "ask_participant", leaf: 3, ask: "lower_hand" },
    { type: "ask_participant", leaf: null, ask: "mute" },
  ]);
});

test("who may not is offered nothing, but of the own other devices", async () => {
  const [first, ...others] = call.participants;
  if (!first) throw new Error("nobody");
  const phone = { ...first, own_other_device: true };
  const { user } = inCall({ ...call, may_ask: false, participants: [phone, ...others] });
  await user.click(button("People"));
  const offered = screen.getAllByRole("button").map((each) => each.textContent);
  expect(offered.filter((text) => /^(Mute|Ask|Lower hand of)/.test(text))).toEqual(["Mute Bob Okafor"]);
});

test("what was refused is said", async () => {
  const { user, core, client, t } = inCall(call);
  core.answers.set("ask_participant", { type: "failed", value: { code: "forbidden", params: {} } });
  await user.click(button("People"));
  await user.click(button("Mute Bob Okafor"));
  await waitFor(() => {
    expect(client.board.notices.get().map((notice) => notice.text(t))).toEqual([expect.stringContaining("not allowed")]);
  });
});

test("who is muted hears of it at once, and who is asked answers", async () => {
  const { user, fake } = inCall(call);
  act(() => {
    fake.ask("mute", "Bob Okafor");
  });
  expect(alert()).toBe("Bob Okafor muted you. Unmute when you are ready.");
  expect(fake.view().microphone).toBe(false);
  await user.click(button("Unmute microphone"));
  expect(alert()).toBe("");
  act(() => {
    fake.set({ microphone: false });
    fake.ask("unmute", "Bob Okafor");
  });
  expect(screen.getByText("Bob Okafor asks you to unmute.").closest("[role=status]")).toBeTruthy();
  await user.click(button("Not now"));
  expect(document.activeElement).toBe(screen.getByRole("main"));
  expect(screen.queryByText("Bob Okafor asks you to unmute.")).toBeNull();
  act(() => {
    fake.ask("unmute", "Bob Okafor");
  });
  await user.click(button("Unmute"));
  expect(fake.view().microphone).toBe(true);
});

test("raised hands lead the list of people, with their numbers, which the tiles show too", async () => {
  const hands = [participant(0, bob, { hand: true, hand_place: 2 }), participant(1, carol), participant(3, dan, { hand: true, hand_place: 1 })];
  const { user } = inCall({ ...call, participants: hands });
  expect(screen.getByRole("group", { name: "Bob Okafor" }).querySelector(".tile-badge-hand b")?.textContent).toBe("2");
  await user.click(button("People"));
  const rows = [...document.querySelectorAll(".panel .row")].map((row) => [row.querySelector(".row-title")?.textContent, row.querySelectorAll(".state")[1]?.textContent]);
  expect(rows).toEqual([
    ["Dan Petrov", "Hand raised, number 1"],
    ["Bob Okafor", "Hand raised, number 2"],
    ["Carol Lindqvist", undefined],
  ]);
});

test("devices are chosen anew within the call", async () => {
  const { user, fake } = inCall(call);
  await user.click(button("Audio and video"));
  const dialog = within(screen.getByRole("dialog", { name: "Audio and video" }));
  await user.selectOptions(dialog.getByRole("combobox", { name: "Microphone" }), "USB headset");
  await user.click(dialog.getByRole("switch", { name: "Noise suppression" }));
  expect(fake.view()).toMatchObject({ noiseSuppression: false, chosen: { microphone: "m2" } });
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
});
