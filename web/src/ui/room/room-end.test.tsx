import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { alice, bob, NOW, room } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { DeleteRoom, RoomEnd } from "./room-end";

const WEEK = 7 * 86_400_000;
const plans = room("plans", "Plans", [alice, bob]);

// R38: one controls how long a room goes on.
test("a moderator chooses when the room ends, and the others read it", async () => {
  const { core, again } = show(<RoomEnd room={plans} />);
  expect(screen.getByText(/until somebody deletes it/)).toBeTruthy();
  const choice = screen.getByRole<HTMLSelectElement>("combobox", { name: "End the room" });
  expect([...choice.options].map((option) => option.text)).not.toContain("Never");
  await userEvent.selectOptions(choice, "In 1 week");
  expect(core.sent).toContainEqual({ type: "set_room_end", room_id: "plans", life_ms: WEEK });

  again(<RoomEnd room={{ ...plans, ends_at: NOW + WEEK }} />);
  expect(screen.getByText(/ends on .* with everything in it/)).toBeTruthy();
  await userEvent.selectOptions(screen.getByRole("combobox"), "Never");
  expect(core.sent.at(-1)).toEqual({ type: "set_room_end", room_id: "plans", life_ms: 0 });

  again(<RoomEnd room={{ ...plans, ends_at: NOW + WEEK, moderator: false }} />);
  expect(screen.queryByRole("combobox")).toBeNull();
  expect(screen.getByText(/ends on/)).toBeTruthy();
  // R46: what it cannot do is said where it is chosen.
  expect(screen.getByText(/Nobody can take back copies/)).toBeTruthy();
});

test("what the server refused is said", async () => {
  const { core } = show(<RoomEnd room={plans} />);
  core.answers.set("set_room_end", { type: "failed", value: { code: "forbidden", params: {} } });
  await userEvent.selectOptions(screen.getByRole("combobox"), "In 1 day");
  expect(await screen.findByRole("alert")).toBeTruthy();
});

test("a room is deleted after a question that says for whom", async () => {
  const { core } = show(<DeleteRoom room={plans} />);
  await userEvent.click(screen.getByRole("button", { name: "Delete room" }));
  const dialog = screen.getByRole("alertdialog", { name: "Delete Plans?" });
  expect(dialog.textContent).toContain("all 2 members");
  expect(core.sent.some((command) => command.type === "delete_room")).toBe(false);
  await userEvent.click(screen.getByRole("button", { name: "Delete for everyone" }));
  expect(core.sent).toContainEqual({ type: "delete_room", room_id: "plans" });
});
