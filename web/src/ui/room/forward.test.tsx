import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { Command } from "../../state/core";
import { success } from "../../state/outcome";
import { FakeCore } from "../../testing/fake-core";
import { alice, carol, NOW, text } from "../../testing/fake-data";
import { fileCardOf } from "../../testing/fake-files";
import { show } from "../../testing/render";
import { RoomPage } from "./room";

beforeEach(() => {
  vi.spyOn(Date, "now").mockReturnValue(NOW);
});

async function open() {
  const core = new FakeCore(true);
  const shown = show(<RoomPage roomId="board" />, core);
  await screen.findByRole("log", { name: "Messages" });
  return { ...shown, user: userEvent.setup({ delay: null }) };
}

type User = ReturnType<typeof userEvent.setup>;
const sent = <T extends Command["type"]>(core: FakeCore, type: T) =>
  core.sent.filter((command): command is Extract<Command, { type: T }> => command.type === type);

async function article(words: string | RegExp): Promise<HTMLElement> {
  const found = (await screen.findAllByText(words, { selector: "article *" }))[0]?.closest("article");
  if (!found) throw new Error(`no message says ${String(words)}`);
  return found;
}

async function menu(user: User, message: HTMLElement): Promise<string[]> {
  fireEvent.pointerEnter(message, { pointerType: "mouse" });
  await user.click(within(message).getByRole("button", { name: "More" }));
  return (await screen.findAllByRole("menuitem")).map((item) => item.textContent);
}

async function choose(user: User, message: HTMLElement, item: string): Promise<void> {
  await menu(user, message);
  await user.click(screen.getByRole("menuitem", { name: item }));
}

test("a text is handed on into the rooms that one chooses, and not where nobody may be written to", async () => {
  const { core, client, t, user } = await open();
  core.rooms = core.rooms.map((room) => (room.room_id === "bob" ? { ...room, refusal: "contact_declined" } : room));
  core.tell({ type: "rooms", rooms: core.rooms });
  await choose(user, await article(/call the printer/), "Forward");
  const dialog = await screen.findByRole("dialog", { name: "Forward to" });
  const rooms = () => within(dialog).getAllByRole("checkbox").map((box) => box.closest("label")?.querySelector("bdi")?.textContent);
  const others = core.rooms.filter(({ room_id }) => room_id !== "board" && room_id !== "bob");
  expect(rooms()).toHaveLength(others.length);
  expect(rooms()).not.toContain("Bob Okafor");
  // Nothing is chosen yet.
  await user.click(within(dialog).getByRole("button", { name: "Forward" }));
  expect(within(dialog).getByRole("alert").textContent).toContain("Choose a room first");
  expect(document.activeElement).toBe(within(dialog).getByRole("searchbox", { name: "Search rooms" }));
  const wanted = others[0];
  if (!wanted) throw new Error("no other room");
  await user.type(document.activeElement ?? dialog, wanted.title.slice(0, 4));
  await user.click(within(dialog).getByRole("checkbox", { name: new RegExp(wanted.title) }));
  await user.click(within(dialog).getByRole("button", { name: "Forward" }));
  await waitFor(() => {
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  expect(sent(core, "forward_message")).toMatchObject([{ room_id: "board", to: wanted.room_id }]);
  expect(client.board.notices.get().map(({ text }) => text(t))).toEqual([`Forwarded to ${wanted.title}`]);
});

test("what fails is said, what went through is not sent twice", async () => {
  const { core, user } = await open();
  await choose(user, await article(/call the printer/), "Forward");
  const dialog = await screen.findByRole("dialog", { name: "Forward to" });
  const boxes = within(dialog).getAllByRole("checkbox");
  for (const box of boxes.slice(0, 2)) await user.click(box);
  const send = core.send.bind(core);
  vi.spyOn(core, "send").mockImplementation(async (command) => {
    const reply = await send(command);
    const second = command.type === "forward_message" && sent(core, "forward_message").length === 2;
    return second ? { type: "failed", value: { code: "too_many_unsent", params: {} } } : reply;
  });
  await user.click(within(dialog).getByRole("button", { name: "Forward" }));
  await within(dialog).findByText(/Too much of what you wrote waits/);
  expect(boxes.map((box) => (box as HTMLInputElement).checked).slice(0, 2)).toEqual([false, true]);
  await user.click(within(dialog).getByRole("button", { name: "Forward" }));
  await waitFor(() => {
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  const to = sent(core, "forward_message").map((command) => command.to);
  expect(to).toHaveLength(3);
  expect(to[1]).toBe(to[2]);
});

test("a file is fetched once and sent anew, for no longer than it lives", async () => {
  const { core, user, files } = await open();
  const file = fileCardOf("plan.odt", "application/vnd.oasis.opendocument.text", {});
  core.receive("board", text(90, carol, NOW, "", { body: { type: "file", file, text: "the plan" }, ends_at: NOW + 60_000 }));
  await choose(user, await article("the plan"), "Forward");
  const dialog = await screen.findByRole("dialog", { name: "Forward to" });
  expect(dialog.textContent).toContain("It ends there when it ends here.");
  const [first, second] = within(dialog).getAllByRole("checkbox");
  if (!first || !second) throw new Error("too few rooms");
  await user.click(first);
  await user.click(second);
  await user.click(within(dialog).getByRole("button", { name: "Forward" }));
  await waitFor(() => {
    expect(files.fake.downloads).toHaveLength(1);
  });
  files.fake.downloads[0]?.end(success(new Blob(["plan"])));
  await waitFor(() => {
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  expect(files.uploads.all.get().map(({ name }) => name)).toEqual(["plan.odt", "plan.odt"]);
});

test("what may not be handed on has no such item, and what was says so", async () => {
  const { core, user } = await open();
  core.receive("board", text(91, carol, NOW, "stays here", { may_forward: false }));
  core.receive("board", text(92, carol, NOW, "came from elsewhere", { forwarded: true }));
  expect(await menu(user, await article("stays here"))).not.toContain("Forward");
  await user.keyboard("{Escape}");
  expect(within(await article("came from elsewhere")).getByText("Forwarded")).toBeTruthy();
  expect(within(await article("stays here")).queryByText("Forwarded")).toBeNull();
});

test("a message is saved and taken out again", async () => {
  const { core, user } = await open();
  core.receive("board", text(93, alice, NOW, "keep this"));
  await choose(user, await article("keep this"), "Save");
  expect(await within(await article("keep this")).findByText("Saved")).toBeTruthy();
  await choose(user, await article("keep this"), "Remove from saved");
  await waitFor(async () => {
    expect(within(await article("keep this")).queryByText("Saved")).toBeNull();
  });
  expect(sent(core, "save_message").map(({ on }) => on)).toEqual([true, false]);
});
