import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { alice } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { RoomPage } from "../room/room";
import { Shell } from "./shell";

const box = () => screen.getByRole("searchbox", { name: "Search" });

test("Ctrl+K leads to the search from wherever one types, a slash from elsewhere", async () => {
  show(
    <Shell me={alice} route={{ page: "home" }}>
      <textarea aria-label="Elsewhere" />
    </Shell>,
  );
  const user = userEvent.setup({ delay: null });
  const elsewhere = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Elsewhere" });
  for (let time = 0; time < 2; time += 1) {
    await user.click(elsewhere);
    await user.keyboard("/{Control>}k{/Control}");
    expect(elsewhere.value).toBe("/".repeat(time + 1));
    expect(document.activeElement).toBe(box());
  }
  act(() => {
    screen.getByRole("main").focus();
  });
  await user.keyboard("/");
  expect(document.activeElement).toBe(box());
  expect((box() as HTMLInputElement).value).toBe("");
});

/** A window whose width a test changes. */
function stubWidth(): (narrow: boolean) => void {
  const listeners = new Set<() => void>();
  let matches = false;
  vi.stubGlobal("matchMedia", (query: string) => ({
    // A mouse, at any width.
    matches: query.includes("width") ? matches : true,
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  }));
  return (narrow) => {
    matches = narrow;
    act(() => {
      for (const listener of listeners) listener();
    });
  };
}

test("who turns a tablet has the same page before them, what is open and where they write included", async () => {
  const turn = stubWidth();
  const user = userEvent.setup({ delay: null });
  show(
    <Shell me={alice} route={{ page: "room", roomId: "design" }}>
      <RoomPage roomId="design" />
    </Shell>,
  );
  await user.type(await screen.findByRole("searchbox"), "tea");
  await user.click(screen.getByRole("button", { name: "Room details" }));
  const message = screen.getByRole("textbox", { name: "Message" });
  await user.type(message, "Half a");
  const parts = [message, screen.getByRole("log", { name: "Messages" }), screen.getByRole("complementary", { name: "Room details" })];
  for (const narrow of [true, false, true]) {
    turn(narrow);
    expect(screen.queryByRole("searchbox") === null).toBe(narrow);
    for (const part of parts) expect(part.isConnected).toBe(true);
    expect(document.activeElement).toBe(message);
  }
  turn(false);
  expect((box() as HTMLInputElement).value).toBe("tea");
  await user.click(box());
  turn(true);
  expect(document.activeElement, "the list has no place there").toBe(screen.getByRole("main"));
  vi.unstubAllGlobals();
});

test("the list of rooms is the page itself on a phone, and stays the same as it becomes one", async () => {
  const turn = stubWidth();
  show(shell("home"));
  await userEvent.type(box(), "tea");
  const before = box();
  turn(true);
  expect(screen.getByRole("main").contains(before)).toBe(true);
  expect(document.activeElement).toBe(before);
  expect(screen.queryByRole("banner") ?? screen.queryByRole("contentinfo"), "no landmarks within another").toBeNull();
  expect(screen.queryByRole("link", { name: "Skip to content" })).toBeNull();
  vi.unstubAllGlobals();
});

const shell = (page: "home" | "settings") => (
  <Shell me={alice} route={{ page }}>
    <p>Page</p>
  </Shell>
);

test("where the rooms have a page of their own, the search is there", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }));
  const { navigator, again } = show(shell("settings"));
  navigator.go({ page: "settings" });
  await userEvent.keyboard("{Control>}k{/Control}");
  expect(navigator.route.get()).toEqual({ page: "home" });
  again(shell("home"));
  expect(document.activeElement).toBe(box());
  // Coming back later by itself, one is not led there again.
  again(shell("settings"));
  again(shell("home"));
  expect(document.activeElement).not.toBe(box());
  vi.unstubAllGlobals();
});
