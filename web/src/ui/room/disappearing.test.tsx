import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { FakeCore } from "../../testing/fake-core";
import { alice, bob, room } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { RoomList } from "../rooms/room-list";
import { Disappearing } from "./disappearing";

const DAY = 86_400_000;
const plans = room("plans", "Plans", [alice, bob], { ttl_ms: DAY });
const select = (name: string) => screen.getByRole<HTMLSelectElement>("combobox", { name });

test("who may chooses the room's times, each without touching the other", async () => {
  const { core } = show(<Disappearing room={plans} />);
  expect(select("Delete after sending").selectedOptions[0]?.textContent).toBe("1 day");
  expect(select("Delete after reading").selectedOptions[0]?.textContent).toBe("Off");
  await userEvent.selectOptions(select("Delete after reading"), "5 minutes");
  await userEvent.selectOptions(select("Delete after sending"), "Off");
  expect(core.sent).toEqual([
    { type: "set_timers", room_id: "plans", ttl_ms: DAY, burn_ms: 300_000 },
    { type: "set_timers", room_id: "plans", ttl_ms: 0, burn_ms: 0 },
  ]);
  screen.getByText(/cannot stop somebody from copying/);
});

test("what is refused is said, and the old time shows", async () => {
  const core = new FakeCore(true);
  core.answers.set("set_timers", { type: "failed", value: { code: "forbidden", params: {} } });
  show(<Disappearing room={plans} />, core);
  await userEvent.selectOptions(select("Delete after sending"), "1 hour");
  await screen.findByRole("alert");
  await waitFor(() => {
    expect(select("Delete after sending").value).toBe(String(DAY));
  });
});

test("the others read what was chosen", () => {
  const { again } = show(<Disappearing room={{ ...plans, may_set_timers: false }} />);
  expect(screen.queryByRole("combobox")).toBeNull();
  screen.getByText("New messages are deleted 1 day after sending.");
  screen.getByText(/cannot stop somebody from copying/);
  again(<Disappearing room={{ ...plans, ttl_ms: 0, may_set_timers: false }} />);
  screen.getByText("Messages in this room stay until somebody deletes them.");
  again(<Disappearing room={{ ...plans, burn_ms: 60_000, may_set_timers: false }} />);
  screen.getByText("New messages are deleted 1 minute after reading, and at most 1 day after sending.");
});

test("the list of rooms says where one is mentioned", async () => {
  show(<RoomList current={null} />);
  const link = await screen.findByRole("link", { name: "Bob Okafor" });
  const more = document.getElementById(link.getAttribute("aria-describedby") ?? "");
  expect(more?.textContent).toContain("You are mentioned");
  expect(more?.textContent).toContain("2 unread messages");
  expect(screen.getAllByText("You are mentioned")).toHaveLength(1);
});
