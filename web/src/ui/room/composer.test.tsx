import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { MAX_TEXT_LEN } from "../../state/limits";
import { FakeCore } from "../../testing/fake-core";
import { alice, bob, carol, NOW, room, text } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { Composer } from "./composer";
import { RoomPage } from "./room";

const design = room("design", "Design", [alice, bob, carol]);
const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const sent = (core: FakeCore) => core.sent.filter((command) => command.type === "send_text");

test("Enter sends, Shift+Enter breaks the line", async () => {
  const { core } = show(<Composer room={design} title="Design" />);
  await userEvent.type(box(), "one{Shift>}{Enter}{/Shift}two{Enter}");
  expect(sent(core)).toEqual([{ type: "send_text", room_id: "design", text: "one\ntwo", mentions: [], message_id: expect.any(String) as unknown }]);
  expect(box().value).toBe("");
});

test("what could not be sent is in the box again, with the reason", async () => {
  const core = new FakeCore(true);
  core.answers.set("send_text", { type: "failed", value: { code: "store_failed", params: {} } });
  show(<Composer room={design} title="Design" />, core);
  await userEvent.type(box(), "precious{Enter}");
  await waitFor(() => {
    expect(screen.getByRole("alert").textContent).toContain("could not store");
  });
  expect(box().value).toBe("precious");
});

test("what is sent again after a failure is the same message, the next one is another", async () => {
  const core = new FakeCore(true);
  core.answers.set("send_text", { type: "failed", value: { code: "core_failed", params: {} } });
  show(<Composer room={design} title="Design" />, core);
  await userEvent.type(box(), "precious{Enter}");
  await screen.findByRole("alert");
  core.answers.delete("send_text");
  await userEvent.type(box(), "{Enter}");
  await waitFor(() => {
    expect(box().value).toBe("");
  });
  await userEvent.type(box(), "precious{Enter}");
  const ids = sent(core).map(({ message_id }) => message_id);
  expect(ids).toHaveLength(3);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

test("in a direct room a short answer to the other is sent by one press; what was typed stays", async () => {
  const { core, user } = { ...show(<RoomPage roomId="bob" />), user: userEvent.setup({ delay: null }) };
  const replies = await screen.findByRole("group", { name: "Quick replies" });
  await user.type(box(), "I was about to say");
  await user.click(within(replies).getByRole("button", { name: "Thank you" }));
  expect(sent(core)).toEqual([{ type: "send_text", room_id: "bob", text: "Thank you", mentions: [], message_id: expect.any(String) as unknown }]);
  expect(box().value).toBe("I was about to say");
  // One has written last oneself now.
  await waitFor(() => {
    expect(screen.queryByRole("group", { name: "Quick replies" })).toBeNull();
  });
  act(() => core.receive("bob", text(90_000, bob, NOW, "And on Friday?")));
  expect(screen.getByRole("group", { name: "Quick replies" })).toBeTruthy();
});

test("a short answer that was not taken is said, and pressed again it is the same message", async () => {
  const core = new FakeCore(true);
  core.answers.set("send_text", { type: "failed", value: { code: "core_failed", params: {} } });
  show(<RoomPage roomId="bob" />, core);
  const user = userEvent.setup({ delay: null });
  await user.click(await screen.findByRole("button", { name: "Yes" }));
  await screen.findByRole("alert");
  await user.click(screen.getByRole("button", { name: "Yes" }));
  await waitFor(() => {
    expect(sent(core)).toHaveLength(2);
  });
  const [first, second] = sent(core);
  expect(second?.message_id).toBe(first?.message_id);
});

test("short answers are offered among two alone, and to who wants them", async () => {
  const { client, again } = show(<RoomPage roomId="design" />);
  await screen.findByText("Thank you, looking now.");
  expect(screen.queryByRole("group", { name: "Quick replies" })).toBeNull();
  again(<RoomPage roomId="bob" />);
  await screen.findByRole("group", { name: "Quick replies" });
  act(() => client.preferences.setQuickReplies(false));
  expect(screen.queryByRole("group", { name: "Quick replies" })).toBeNull();
});

test("a text that is too long is said and not sent", async () => {
  const { core } = show(<Composer room={design} title="Design" />);
  const long = "ä".repeat(MAX_TEXT_LEN / 2 + 1);
  await userEvent.click(box());
  await userEvent.paste(long);
  await userEvent.keyboard("{Enter}");
  expect(screen.getByRole("alert").textContent).toContain("2 bytes too long");
  expect(box().value).toBe(long);
  expect(sent(core)).toEqual([]);
});

test("a draft waits in its room", async () => {
  const first = show(<Composer room={design} title="Design" />);
  await userEvent.type(box(), "half a");
  expect(first.client.drafts.get("design", "")).toBe("half a");
  first.client.drafts.flush();
  expect(first.core.sent).toContainEqual({ type: "save_draft", room_id: "design", draft: "half a" });
  first.unmount();
  // Loaded anew, it comes from the core.
  show(<Composer room={{ ...design, draft: "half a line" }} title="Design" />);
  expect(box().value).toBe("half a line");
});

const theirs = text(1, bob, NOW, "Shall we?\nOr not?");
const mine = text(2, alice, NOW, "We shall");

test("what is answered stands over the box, and goes out with the text", async () => {
  const { client, core } = show(<Composer room={design} title="Design" />);
  act(() => {
    client.writings.answer("design", theirs);
  });
  expect(document.activeElement).toBe(box());
  screen.getByText("Reply to Bob Okafor");
  await userEvent.type(box(), "Yes{Enter}");
  expect(sent(core)[0]).toMatchObject({ text: "Yes", reply_to: theirs.message_id });
  expect(screen.queryByText("Reply to Bob Okafor")).toBeNull();
  await userEvent.type(box(), "And now{Enter}");
  expect(sent(core)[1]).not.toHaveProperty("reply_to");
});

test("a reply is cancelled by Esc and by its button, and the text stays", async () => {
  const { client } = show(<Composer room={design} title="Design" />);
  for (const cancel of [() => userEvent.keyboard("{Escape}"), () => userEvent.click(screen.getByRole("button", { name: "Cancel reply" }))]) {
    act(() => {
      client.writings.answer("design", theirs);
    });
    await userEvent.type(box(), "x");
    await cancel();
    expect(screen.queryByText("Reply to Bob Okafor")).toBeNull();
    expect(document.activeElement).toBe(box());
  }
  expect(box().value).toBe("xx");
});

test("a reply that could not be sent is a reply again", async () => {
  const core = new FakeCore(true);
  core.answers.set("send_text", { type: "failed", value: { code: "store_failed", params: {} } });
  const { client } = show(<Composer room={design} title="Design" />, core);
  act(() => {
    client.writings.answer("design", theirs);
  });
  await userEvent.type(box(), "Yes{Enter}");
  await screen.findByRole("alert");
  screen.getByText("Reply to Bob Okafor");
  expect(box().value).toBe("Yes");
});

test("an edit begins with the old text, is saved, and gives the draft back", async () => {
  const { client, core } = show(<Composer room={design} title="Design" />);
  await userEvent.type(box(), "half a");
  act(() => {
    client.writings.edit("design", mine);
  });
  screen.getByText("Editing message");
  expect(box().value).toBe("We shall");
  expect(screen.queryByRole("button", { name: "Send" })).toBeNull();
  await userEvent.type(box(), " not, @Bob Okafor");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => {
    expect(box().value).toBe("half a");
  });
  expect(core.sent).toContainEqual({ type: "edit_message", room_id: "design", message_id: mine.message_id, text: "We shall not, @Bob Okafor", mentions: [bob.user_id] });
  expect(sent(core)).toEqual([]);
});

test("Esc keeps the old text, and an edit that failed stays to be tried again", async () => {
  const core = new FakeCore(true);
  core.answers.set("edit_message", { type: "failed", value: { code: "store_failed", params: {} } });
  const { client } = show(<Composer room={design} title="Design" />, core);
  act(() => {
    client.writings.edit("design", mine);
  });
  await userEvent.type(box(), "!{Enter}");
  await screen.findByRole("alert");
  expect(box().value).toBe("We shall!");
  await userEvent.keyboard("{Escape}");
  expect(box().value).toBe("");
  expect(screen.queryByText("Editing message")).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("ArrowUp in an empty box changes the last of one's own messages", async () => {
  const { core } = show(<RoomPage roomId="design" />);
  await userEvent.type(await screen.findByRole("textbox", { name: "Message" }), "x{ArrowUp}");
  expect(screen.queryByText("Editing message")).toBeNull();
  await userEvent.type(box(), "{Backspace}{ArrowUp}");
  expect(box().value).toBe("I will join in a minute.");
  await userEvent.type(box(), "{Enter}");
  expect(screen.queryByText("Editing message")).toBeNull();
  expect(core.sent.some(({ type }) => type === "edit_message")).toBe(false);
});

test("members are offered behind an @ and named by their ids", async () => {
  const { core } = show(<Composer room={design} title="Design" />);
  await userEvent.type(box(), "Hi @");
  const list = screen.getByRole("listbox", { name: "Members" });
  expect(within(list).getAllByRole("option").map((option) => option.textContent)).toEqual([
    expect.stringContaining("bob@example.org") as unknown,
    expect.stringContaining("carol@example.org") as unknown,
  ]);
  await userEvent.keyboard("{ArrowDown}");
  const active = () => document.getElementById(box().getAttribute("aria-activedescendant") ?? "");
  expect(active()?.textContent).toContain("Carol");
  await userEvent.keyboard("{ArrowDown}{Tab}");
  expect(box().value).toBe("Hi @Bob Okafor ");
  expect(document.activeElement).toBe(box());
  await userEvent.keyboard("and @lind{Enter}look{Enter}");
  expect(sent(core)[0]).toMatchObject({ text: "Hi @Bob Okafor and @Carol Lindqvist look", mentions: [bob.user_id, carol.user_id] });
});

test("the list of members closes with Esc, and a press on a member takes it", async () => {
  const { client } = show(<Composer room={design} title="Design" />);
  act(() => {
    client.writings.answer("design", theirs);
  });
  await userEvent.type(box(), "@c{Escape}");
  expect(screen.queryByRole("listbox")).toBeNull();
  // The first Esc was for the list.
  screen.getByText("Reply to Bob Okafor");
  await userEvent.type(box(), "{Backspace}{Backspace}@ca");
  await userEvent.click(screen.getByRole("option", { name: /Carol/ }));
  expect(box().value).toBe("@Carol Lindqvist ");
  expect(document.activeElement).toBe(box());
});

async function choose(name: string): Promise<void> {
  await userEvent.click(screen.getByRole("button", { name: "Timer for what you write" }));
  await userEvent.click(await screen.findByRole("menuitemradio", { name }));
}

test("a timer of one's own goes with what one writes until it is taken back", async () => {
  const { core } = show(<Composer room={{ ...design, ttl_ms: 86_400_000 }} title="Design" />);
  await userEvent.click(screen.getByRole("button", { name: "Timer for what you write" }));
  const names = (await screen.findAllByRole("menuitemradio")).map((item) => item.textContent);
  expect(names).toEqual(["As in the room: 1 day", "1 hour", "8 hours", "Not set", "10 seconds", "1 minute", "5 minutes", "1 hour", "1 day"]);
  screen.getByText(/cannot stop somebody from copying/);
  await userEvent.keyboard("{Escape}");
  await choose("8 hours");
  await choose("10 seconds");
  screen.getByText("Deletes 10 seconds after reading, at most 8 hours after sending");
  await userEvent.type(box(), "secret{Enter}");
  expect(sent(core)[0]).toMatchObject({ ttl_ms: 8 * 3_600_000, burn_ms: 10_000 });
  await userEvent.click(screen.getByRole("button", { name: "Remove timer" }));
  expect(screen.queryByText(/^Deletes/)).toBeNull();
  await userEvent.type(box(), "open{Enter}");
  expect(sent(core)[1]).not.toHaveProperty("ttl_ms");
});
