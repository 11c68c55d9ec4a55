import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { alice, bob, NOW, room, text } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { SearchedRooms } from "./search";

function search() {
  const shown = show(<SearchedRooms current={null} />);
  const box = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search" });
  return { ...shown, box };
}

test("rooms, people and what was said are found, and lead there", async () => {
  const { box, client, core, navigator } = search();
  core.rooms = [room("design", "Design", [alice, bob]), room("tea", "Tea", [alice, bob])];
  core.tell({ type: "rooms", rooms: core.rooms });
  core.receive("tea", text(9_000, bob, NOW, "The design is done"));
  await userEvent.type(box, "design");
  const results = await screen.findByRole("navigation", { name: "Search results" });
  expect(within(results).getByRole("link", { name: "Design" })).toBeTruthy();
  const message = await within(results).findByRole("link", { name: `${bob.name} in Tea` });
  expect(within(results).getByText("design", { selector: "mark" })).toBeTruthy();
  await userEvent.click(message);
  expect(client.sought.get()).toEqual({ roomId: "tea", messageId: expect.any(String) as string });
  expect(navigator.route.get()).toEqual({ page: "room", roomId: "tea" });

  await userEvent.clear(box);
  await userEvent.type(box, bob.name.slice(0, 3));
  await userEvent.click(await screen.findByRole("button", { name: `Write to ${bob.name}` }));
  expect(core.sent).toContainEqual({ type: "open_direct", email: bob.email });
});

test("that there is nothing is said, and Escape leads back to the rooms", async () => {
  const { box } = search();
  await userEvent.type(box, "surely nothing of the kind");
  expect(await screen.findByText("Nothing was found on this device.")).toBeTruthy();
  await userEvent.keyboard("{Escape}");
  expect(box.value).toBe("");
  expect(document.activeElement).toBe(box);
  expect(screen.getByRole("navigation", { name: "Rooms" })).toBeTruthy();
});

test("the keys alone lead to what was found", async () => {
  const { box, core, navigator } = search();
  core.rooms = [room("design", "Design", [alice, bob]), room("desk", "Desk", [alice, bob])];
  core.tell({ type: "rooms", rooms: core.rooms });
  await userEvent.type(box, "des");
  await screen.findByRole("link", { name: "Desk" });
  await userEvent.keyboard("{ArrowDown}{ArrowDown}");
  expect(document.activeElement).toBe(screen.getByRole("link", { name: "Desk" }));
  await userEvent.keyboard("{ArrowUp}{ArrowUp}");
  expect(document.activeElement).toBe(box);
  await userEvent.keyboard("{ArrowUp}");
  expect(document.activeElement).toBe(box);
  await userEvent.keyboard("{Enter}");
  expect(navigator.route.get()).toEqual({ page: "room", roomId: "design" });
  await userEvent.keyboard("{ArrowDown}{Escape}");
  expect(box.value).toBe("");
  expect(document.activeElement).toBe(box);
});

test("who wants to search again has the words from before chosen", async () => {
  const reached = vi.fn<() => void>();
  const { again } = show(<SearchedRooms current={null} wanted={false} onReached={reached} />);
  const box = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search" });
  await userEvent.type(box, "tea");
  expect(reached).not.toHaveBeenCalled();
  again(<SearchedRooms current={null} wanted onReached={reached} />);
  expect(reached).toHaveBeenCalledOnce();
  expect([box.selectionStart, box.selectionEnd]).toEqual([0, 3]);
});
