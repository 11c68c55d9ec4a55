import { act, fireEvent, screen, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { someCall } from "../../testing/fake-core";
import { inCall } from "../../testing/in-call";
import { stageOf } from "../../testing/screen";
import { READ_EVERY_MS } from "./use-statistics";

beforeEach(() => {
  stageOf(1252, 640);
  vi.useFakeTimers({ shouldAdvanceTime: true });
  return () => {
    vi.useRealTimers();
  };
});

async function measured() {
  const shown = inCall(someCall("design"));
  act(() => {
    shown.fake.set({ connection: "connected" });
  });
  // Two looks, for rates are of the time between them.
  await act(() => vi.advanceTimersByTimeAsync(2 * READ_EVERY_MS));
  return shown;
}

const panel = () => screen.getByRole("complementary", { name: "Statistics" });
const said = (name: string): string | undefined => within(screen.getByRole("group", { name })).queryByText(/connection$/)?.textContent ?? undefined;
/** Value by its name, in the section with this heading. */
const value = (heading: string, name: string): string | undefined =>
  within(within(panel()).getByRole("heading", { name: heading }).parentElement ?? panel()).getByText(name).nextElementSibling?.textContent;

test("the panel opens by key and by button, with words first and numbers after", async () => {
  const { user } = await measured();
  fireEvent.keyDown(document.body, { key: "t", code: "KeyT" });
  expect(within(panel()).getByText("Weak connection")).toBeTruthy();
  expect(within(panel()).getByText(/does not carry a better picture/)).toBeTruthy();
  expect(value("Connection", "Way")).toBe("Directly (UDP)");
  expect(value("Connection", "Round trip")).toBe("42 ms");
  expect(value("Connection", "Sending")).toBe("1.7 Mbit/s");
  expect(value("Connection", "Receiving")).toBe("1.4 Mbit/s");
  expect(value("Your camera", "Picture")).toBe("1280 × 720, 30 per second");
  expect(value("Your camera", "Held back by")).toBe("The network");
  expect(value("Carol Lindqvist, camera", "Lost")).toBe("4.8%");
  expect(value("Bob Okafor, microphone", "Codec")).toBe("opus");
  await user.click(screen.getByRole("button", { name: "Statistics" }));
  expect(screen.queryByRole("complementary", { name: "Statistics" })).toBeNull();
});

test("the numbers are copied as text", async () => {
  const { user, client, t } = await measured();
  await user.click(screen.getByRole("button", { name: "Statistics" }));
  await user.click(screen.getByRole("button", { name: "Copy statistics" }));
  const text = await navigator.clipboard.readText();
  expect(text).toContain("Round trip: 42 ms");
  expect(text.split("\n")[0]).toBe("Weak connection");
  expect(client.board.notices.get().map((notice) => notice.text(t))).toContain("Statistics copied");
});

test("a tile says how well its participant comes in, once that was measured", async () => {
  await measured();
  expect(said("Bob Okafor")).toBe("Good connection");
  expect(said("Carol Lindqvist")).toBe("Weak connection");
  expect(said("Dan Petrov")).toBeUndefined();
});
