import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { Command } from "../../state/core";
import { FakeCore } from "../../testing/fake-core";
import { alice, bob, carol, NOW, quoteOf, text } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { RoomPage } from "./room";

beforeEach(() => {
  vi.spyOn(Date, "now").mockReturnValue(NOW);
});

async function open(roomId = "board") {
  const core = new FakeCore(true);
  const shown = show(<RoomPage roomId={roomId} />, core);
  await screen.findByRole("log", { name: "Messages" });
  return { ...shown, user: userEvent.setup({ delay: null }) };
}

async function article(words: string | RegExp): Promise<HTMLElement> {
  const found = (await screen.findAllByText(words, { selector: "article *" }))[0]?.closest("article");
  if (!found) throw new Error(`no message says ${String(words)}`);
  return found;
}

/** user-event does not say where a pointer comes from, so that within a message it would leave it. */
const hover = (message: HTMLElement) => fireEvent.pointerEnter(message, { pointerType: "mouse" });
const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const toolbar = (message: HTMLElement) => within(message).getByRole("toolbar", { name: "Message actions" });
const sent = (core: FakeCore, type: Command["type"]) => core.sent.filter((command) => command.type === type);

test("what can be done shows where the pointer is, and goes with it", async () => {
  await open();
  const message = await article(/call the printer/);
  expect(screen.queryByRole("toolbar")).toBeNull();
  hover(message);
  expect(within(toolbar(message)).getAllByRole("button").map((button) => button.getAttribute("aria-label"))).toEqual(["React", "Reply", "More"]);
  fireEvent.pointerLeave(message);
  expect(screen.queryByRole("toolbar")).toBeNull();
});

test("arrow keys lead from message to message, Tab to what can be done", async () => {
  const { user } = await open();
  const newest = await article(/call the printer/);
  expect(newest.tabIndex).toBe(0);
  newest.focus();
  await user.keyboard("{ArrowUp}");
  expect(document.activeElement).toBe(await article("This message was deleted."));
  expect(screen.queryByRole("toolbar")).toBeNull();
  await user.keyboard("{ArrowUp}");
  const before = await article(/goes when you have read it/);
  expect(document.activeElement).toBe(before);
  expect(before.tabIndex).toBe(0);
  expect(newest.tabIndex).toBe(-1);
  within(toolbar(before)).getByRole("button", { name: "React" }).focus();
  await user.keyboard("{ArrowRight}");
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Reply");
  await user.keyboard("{Enter}");
  await screen.findByText("Reply to Carol Lindqvist");
  expect(document.activeElement).toBe(box());
});

test("a long press of a finger shows what can be done, a short one and a scroll do not", async () => {
  await open();
  const message = await article(/call the printer/);
  vi.useFakeTimers();
  try {
    const down = { pointerType: "touch", clientX: 10, clientY: 10 };
    fireEvent.pointerDown(message, down);
    fireEvent.pointerUp(message, down);
    vi.advanceTimersByTime(600);
    fireEvent.pointerDown(message, down);
    fireEvent.pointerMove(message, { ...down, clientY: 40 });
    vi.advanceTimersByTime(600);
    expect(screen.queryByRole("toolbar")).toBeNull();
    fireEvent.pointerDown(message, down);
    vi.advanceTimersByTime(600);
  } finally {
    vi.useRealTimers();
  }
  await screen.findByRole("toolbar", { name: "Message actions" });
  fireEvent.pointerDown(document.body, { pointerType: "touch" });
  await waitFor(() => {
    expect(screen.queryByRole("toolbar")).toBeNull();
  });
});

test("a reaction is chosen by pointer or by arrow keys, shows with who gave it, and is taken back", async () => {
  const { core, user } = await open();
  const message = await article(/call the printer/);
  hover(message);
  await user.click(within(message).getByRole("button", { name: "React" }));
  const grid = await screen.findByRole("grid", { name: "Reactions" });
  await waitFor(() => {
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Thumbs up");
  });
  expect(within(grid).getAllByRole("button")).toHaveLength(46);
  await user.keyboard("{ArrowRight}{ArrowDown}{ArrowDown}{End}{ArrowUp}");
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Sunglasses");
  await user.keyboard("{ArrowUp}{Home}{Enter}");
  const given = await within(message).findByRole("button", { name: "👍, Alice Moreau" });
  expect(given.getAttribute("aria-pressed")).toBe("true");
  expect(screen.queryByRole("grid")).toBeNull();
  await user.click(given);
  await waitFor(() => {
    expect(within(message).queryByRole("button", { name: /👍/ })).toBeNull();
  });
  const thanks = within(message).getByRole("button", { name: "🙏, Carol Lindqvist" });
  expect(thanks.getAttribute("aria-pressed")).toBe("false");
  await user.click(thanks);
  await within(message).findByRole("button", { name: "🙏, Carol Lindqvist and Alice Moreau" });
  expect(sent(core, "react_to_message").map((command) => "on" in command && command.on)).toEqual([true, false, true]);
});

test("a reaction that is not taken is told, and the others stay", async () => {
  const { client, core, user } = await open();
  core.answers.set("react_to_message", { type: "failed", value: { code: "rate_limited", params: {} } });
  await user.click(within(await article(/call the printer/)).getByRole("button", { name: /🙏/ }));
  await waitFor(() => {
    expect(client.board.notices.get().map(({ urgency }) => urgency)).toEqual(["alert"]);
  });
  within(await article(/call the printer/)).getByRole("button", { name: "🙏, Carol Lindqvist" });
});

test("one's own message is deleted after a question, and leaves nothing to do", async () => {
  const { core, user } = await open();
  const message = await article(/call the printer/);
  hover(message);
  await user.click(within(message).getByRole("button", { name: "More" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
  const question = await screen.findByRole("alertdialog", { name: "Delete this message?" });
  expect(question.textContent).toContain("What others copied stays with them");
  expect(sent(core, "delete_message")).toEqual([]);
  await user.click(within(question).getByRole("button", { name: "Delete" }));
  await waitFor(() => {
    expect(screen.queryByText(/call the printer/, { selector: "article *" })).toBeNull();
  });
  expect(sent(core, "delete_message")).toEqual([{ type: "delete_message", room_id: "board", message_id: "message-6" }]);
  expect(screen.getAllByText("This message was deleted.")).toHaveLength(2);
  expect(document.activeElement?.tagName).toBe("ARTICLE");
  expect(within(message).queryByRole("toolbar")).toBeNull();
});

test("only what is allowed and makes sense is offered", async () => {
  const { core, user } = await open("design");
  const offered = async (words: RegExp): Promise<string[]> => {
    const message = await article(words);
    hover(message);
    await user.click(within(message).getByRole("button", { name: "More" }));
    const names = (await screen.findAllByRole("menuitem")).map((item) => item.textContent);
    await user.keyboard("{Escape}");
    fireEvent.pointerLeave(message);
    return names;
  };
  expect(await offered(/Hello everyone/)).toEqual(["Copy text", "Forward", "Save"]);
  expect(await offered(/Two things to decide/)).toEqual(["Edit", "Copy text", "Forward", "Save", "Delete"]);
  core.receive("design", text(9_000_002, carol, NOW, "By a moderator", { may_delete: true }));
  expect(await offered(/By a moderator/)).toEqual(["Copy text", "Forward", "Save", "Delete"]);
  const failed = await article(/step in the middle/);
  hover(failed);
  expect(within(toolbar(failed)).getAllByRole("button")).toHaveLength(1);
  core.receive("design", text(9_000_003, carol, NOW, "", { body: { type: "unknown" }, may_forward: false }));
  const unknown = await article(/newer version/);
  hover(unknown);
  expect(within(unknown).queryByRole("toolbar")).toBeNull();
});

test("a text is copied as it was typed", async () => {
  const { client, user } = await open();
  const message = await article(/Figures/);
  hover(message);
  await user.click(within(message).getByRole("button", { name: "More" }));
  await user.click(await screen.findByRole("menuitem", { name: "Copy text" }));
  await waitFor(() => {
    expect(client.board.notices.get()).toHaveLength(1);
  });
  expect(await navigator.clipboard.readText()).toContain("**Figures** for the third quarter");
});

test("a quote says what is answered, and leads there", async () => {
  const { user } = await open();
  const answer = await article(/I read them on the train/);
  const quote = within(answer).getByRole("button", { name: /^In reply to Carol Lindqvist:/ });
  // Plain, without marks that do something.
  expect(quote.textContent).toContain("Figures for");
  await user.click(quote);
  const quoted = await article(/Figures/);
  await waitFor(() => {
    expect(quoted.className).toContain("message-found");
  });
  expect(document.activeElement).toBe(quoted);
  within(await article(/call the printer/)).getByText("Message not here");
});

test("what is answered is loaded where it is far back", async () => {
  const { core, client, user } = await open("archive");
  const [oldest] = client.conversation("archive").get().messages;
  expect(oldest?.order).toBeGreaterThan(300);
  core.receive("archive", text(20_000, bob, NOW, "About the first note", { reply_to: quoteOf(text(1, alice, NOW, "Note 1")) }));
  core.receive("archive", text(20_001, bob, NOW, "About nothing", { reply_to: { message_id: "nowhere", author_name: "Bob", preview: "?", file: null } }));
  await user.click(within(await article("About the first note")).getByRole("button", { name: /Note 1/ }));
  await waitFor(() => {
    expect(document.querySelector(".message-found")?.textContent).toContain("Note 1");
  });
  await user.click(screen.getByRole("button", { name: "Jump to the newest message" }));
  await user.click(within(await article("About nothing")).getByRole("button", { name: /In reply to Bob/ }));
  await waitFor(() => {
    expect(client.board.notices.get()).toHaveLength(1);
  });
});

test("a message tells that it was changed, how long it lives, and what happens when it is read", async () => {
  await open();
  within(await article(/on the train/)).getByText("edited");
  within(await article(/call the printer/)).getByText("12 mins left");
  const burning = await article(/goes when you have read it/);
  within(burning).getByText("23 hrs left");
  within(burning).getByText("deletes 5 minutes after reading");
  expect(within(burning).getByText("@Alice Moreau").className).toContain("mention-me");
  screen.getByText(/set new messages to be deleted 5 minutes after reading, and at most 1 day after sending/);
});
