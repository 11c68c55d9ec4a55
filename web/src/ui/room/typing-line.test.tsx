import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { FakeCore } from "../../testing/fake-core";
import { alice, bob, NOW, text } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { Settings } from "../account/settings";
import { RoomPage } from "./room";

const box = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const typed = (core: FakeCore) =>
  core.sent.flatMap((command) => (command.type === "set_typing" ? [`${command.room_id}: ${command.on ? "on" : "off"}`] : []));

test("who is typing stands above the box, and goes", async () => {
  const { core } = show(<RoomPage roomId="design" />);
  await box();
  const line = document.querySelector(".typing-line");
  expect(line?.textContent).toBe("");
  const tell = (...names: string[]) => act(() => core.tell({ type: "typing", room_id: "design", names }));
  tell("Bob Okafor");
  expect(line?.textContent).toBe("Bob Okafor is typing…");
  expect(line?.getAttribute("aria-live")).toBe("off");
  tell("Bob Okafor", "Carol Lindqvist");
  expect(line?.textContent).toBe("Bob Okafor and Carol Lindqvist are typing…");
  tell("Bob Okafor", "Carol Lindqvist", "Dan Ito");
  expect(line?.textContent).toBe("Several people are typing…");
  act(() => core.tell({ type: "typing", room_id: "bob", names: ["Bob Okafor"] }));
  expect(line?.textContent).toBe("Several people are typing…");
  tell();
  expect(line?.textContent).toBe("");
});

test("the core hears that one types, and that what was typed is sent or deleted", async () => {
  const { core } = show(<RoomPage roomId="design" />);
  await userEvent.type(await box(), "Hello");
  expect(typed(core)).toEqual(["design: on"]);
  await userEvent.type(await box(), "{Enter}");
  expect(typed(core)).toEqual(["design: on", "design: off"]);
  await userEvent.type(await box(), "H{Backspace}");
  expect(typed(core)).toEqual(["design: on", "design: off", "design: on", "design: off"]);
});

test("who leaves the room types there no more", async () => {
  const { core, unmount } = show(<RoomPage roomId="design" />);
  await userEvent.type(await box(), "Hello");
  unmount();
  expect(typed(core)).toEqual(["design: on", "design: off"]);
});

test("changing an old message is not typing", async () => {
  const { core } = show(<RoomPage roomId="bob" />);
  const user = userEvent.setup({ delay: null });
  const field = await box();
  act(() => core.receive("bob", { ...text(90_000, alice, NOW, "Old words"), mine: true, may_edit: true }));
  act(() => core.receive("bob", text(90_001, bob, NOW, "An answer")));
  await user.click(field);
  await user.keyboard("{ArrowUp}");
  expect(field.value).toBe("Old words");
  await user.keyboard(" and new ones{Enter}");
  expect(core.sent.some((command) => command.type === "edit_message")).toBe(true);
  expect(typed(core)).toEqual([]);
});

test("one switch, for all devices", async () => {
  const { core } = show(<Settings />);
  const toggle = await screen.findByRole("switch", { name: "Tell others that I am typing" });
  expect(toggle.getAttribute("aria-checked") ?? String((toggle as HTMLInputElement).checked)).toBe("true");
  await userEvent.click(toggle);
  expect(core.sent.findLast((command) => command.type === "set_typing_signs")).toEqual({ type: "set_typing_signs", on: false });
});
