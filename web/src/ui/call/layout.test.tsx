import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CallView } from "../../core/generated/CallView";
import { HOLD_MS, TAKE_MS } from "../../state/floor";
import { someCall } from "../../testing/fake-core";
import { alice, bob, carol, dan, participant, person } from "../../testing/fake-data";
import { inCall } from "../../testing/in-call";
import { Eyes, hidePage, stageOf } from "../../testing/screen";

const DESKTOP = [1252, 640] as const;
const PHONE = [374, 560] as const;

beforeEach(() => {
  stageOf(...DESKTOP);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function callOf(others: number, change: Partial<CallView> = {}): CallView {
  const crowd = Array.from({ length: others }, (_, index) => participant(index + 1, person(`Guest ${String(index + 1)}`)));
  return { ...someCall("design"), speaker: null, participants: [participant(0, alice), ...crowd], ...change };
}

const large = () => document.querySelector(".large [role=group]")?.getAttribute("aria-label") ?? null;
const strip = () => screen.queryByRole("group", { name: "Other participants" });
const names = () => [...document.querySelectorAll(".grid [role=group]")].map((tile) => tile.getAttribute("aria-label"));

test("a tile is pinned and let go of by keyboard alone, and the focus stays with its button", async () => {
  const { user } = inCall(someCall("design"));
  expect(large()).toBeNull();
  screen.getByRole("button", { name: "Pin Carol Lindqvist" }).focus();
  await user.keyboard("{Enter}");
  expect(large()).toBe("Carol Lindqvist");
  expect(within(screen.getByRole("group", { name: "Carol Lindqvist" })).getByText("Pinned")).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Unpin Carol Lindqvist" }));
  await user.keyboard("{Enter}");
  expect(large()).toBeNull();
  expect(screen.queryByText("Pinned")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Pin Carol Lindqvist" }));
});

test("a pin ends when that person leaves, for good, and the focus is not lost with them", async () => {
  const call = someCall("design");
  const { user, now } = inCall(call);
  await user.click(screen.getByRole("button", { name: "Pin Carol Lindqvist" }));
  // While the keys are on the way nobody is known.
  now({ ...call, phase: "reconnecting", participants: [] });
  now(call);
  expect(large()).toBe("Carol Lindqvist");
  screen.getByRole("button", { name: "Unpin Carol Lindqvist" }).focus();
  now({ ...call, participants: call.participants.filter((each) => each.person !== carol) });
  expect(large()).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("region", { name: "Participants" }));
  now(call);
  expect(large()).toBeNull();
});

test("of several screens the newest has the stage, and the others can be pinned", async () => {
  const call = someCall("design");
  const sharing = (...who: (typeof bob)[]) => ({ ...call, participants: call.participants.map((p) => ({ ...p, screen: who.includes(p.person) })) });
  const { fake, now, user } = inCall(call);
  act(() => {
    fake.set({ remote: [0, 1].map((leaf) => ({ leaf, kind: "screen" as const, state: "live" as const, stream: null })) });
  });
  now(sharing(carol));
  expect(large()).toBe("Carol Lindqvist, sharing screen");
  now(sharing(carol, bob));
  expect(large()).toBe("Bob Okafor, sharing screen");
  await user.click(screen.getByRole("button", { name: "Pin Carol Lindqvist, sharing screen" }));
  expect(large()).toBe("Carol Lindqvist, sharing screen");
  now(sharing(bob));
  expect(large()).toBe("Bob Okafor, sharing screen");
  expect(screen.queryByText("Pinned")).toBeNull();
});

test("G changes the view, which is remembered, and ends a pin", async () => {
  const { client, user } = inCall({ ...someCall("design"), speaker: 3 });
  expect(strip()).toBeNull();
  await user.keyboard("g");
  expect(large()).toBe("Dan Petrov");
  expect(within(screen.getByRole("group", { name: "Other participants" })).getAllByRole("group").map((tile) => tile.getAttribute("aria-label"))).toEqual([
    "Alice Moreau (you)", "Bob Okafor", "Carol Lindqvist",
  ]);
  expect(client.preferences.view.get().callView).toBe("speaker");
  await user.click(screen.getByRole("button", { name: "Pin Bob Okafor" }));
  await user.keyboard("g");
  expect(strip()).toBeNull();
  expect(client.preferences.view.get().callView).toBe("grid");
});

test("the layout is chosen from a menu too", async () => {
  const { client, user } = inCall(someCall("design"));
  await user.click(screen.getByRole("button", { name: "Layout" }));
  expect(screen.getByRole("menuitemradio", { name: "Automatic" }).getAttribute("aria-checked")).toBe("true");
  await user.click(screen.getByRole("menuitemradio", { name: "Speaker" }));
  await waitFor(() => {
    expect(client.preferences.view.get().callView).toBe("speaker");
  });
  expect(strip()).not.toBeNull();
});

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

test("the stage follows who goes on speaking, not every word", async () => {
  vi.useFakeTimers();
  const call = { ...someCall("design"), speaker: 0 };
  const { now } = inCall(call);
  fireEvent.keyDown(document.body, { key: "g", code: "KeyG" });
  await pass(HOLD_MS);
  now({ ...call, speaker: 3 });
  await pass(TAKE_MS - 50);
  now({ ...call, speaker: 0 });
  await pass(HOLD_MS);
  expect(large()).toBe("Bob Okafor");
  now({ ...call, speaker: 3 });
  await pass(TAKE_MS + 1);
  expect(large()).toBe("Dan Petrov");
  vi.useRealTimers();
});

test("with more people than a page shows, everybody is on some page", async () => {
  const { user } = inCall(callOf(60));
  const met = new Set(names());
  expect(screen.getByRole("button", { name: "Previous page" }).getAttribute("aria-disabled")).toBe("true");
  for (const page of [2, 3]) {
    await user.click(screen.getByRole("button", { name: "Next page" }));
    expect(within(screen.getByRole("group", { name: "Pages" })).getByText(`Page ${String(page)} of 3`)).toBeTruthy();
    for (const name of names()) met.add(name);
  }
  expect(met.size).toBe(60);
  // At the end the button keeps the focus and does nothing.
  await user.click(screen.getByRole("button", { name: "Next page" }));
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Next page" }));
  expect(screen.getAllByText("Page 3 of 3")).not.toHaveLength(0);
});

test("only the pictures on the page are asked for, who speaks first", async () => {
  const { asked, user, now } = inCall(callOf(60));
  expect(asked()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  now(callOf(60, { speaker: 3 }));
  await waitFor(() => {
    expect(asked().slice(0, 3)).toEqual([3, 1, 2]);
  });
  await user.click(screen.getByRole("button", { name: "Next page" }));
  await waitFor(() => {
    expect(asked()).toEqual(Array.from({ length: 20 }, (_, index) => index + 21));
  });
});

test("of a strip only what is scrolled into sight is asked for, after the large picture, and lower", async () => {
  stageOf(...PHONE);
  const eyes = new Eyes();
  const { asked, fake } = inCall(callOf(60, { speaker: 7 }));
  expect(large()).toBe("Guest 7");
  const see = (...wanted: number[]) => {
    eyes.see((element) => wanted.some((leaf) => element.getAttribute("data-tile")?.startsWith(`camera-${String(leaf)}-`)));
  };
  see(1, 2);
  await waitFor(() => {
    expect(asked()).toEqual([7, 1, 2]);
  });
  expect(fake.shown.map(({ height }) => height)).toEqual([540, 180, 180]);
  expect(screen.queryByRole("group", { name: "Guest 30" })).toBeNull();
  see(30, 31);
  await waitFor(() => {
    expect(asked()).toEqual([7, 30, 31]);
  });
  expect(screen.getByRole("group", { name: "Guest 30" })).toBeTruthy();
});

test("a strip that has just come goes on with what was asked for before", async () => {
  const eyes = new Eyes();
  const { asked, fake, user } = inCall({ ...someCall("design"), speaker: 3 });
  expect(asked()).toEqual([3, 0, 1]);
  const before = fake.shown[0]?.height ?? 0;
  await user.keyboard("g");
  await waitFor(() => {
    expect(fake.shown[0]?.height).toBeGreaterThan(before);
  });
  expect(asked()).toEqual([3, 0, 1]);
  eyes.see((element) => element.getAttribute("data-tile")?.startsWith("camera-0-") ?? false);
  await waitFor(() => {
    expect(asked()).toEqual([3, 0]);
  });
});

test("nothing is asked for while the page is hidden, and all of it at once when it is back", async () => {
  const { asked, unmount, fake } = inCall(someCall("design"));
  expect(asked()).toEqual([0, 1, 3]);
  hidePage(true);
  await waitFor(() => {
    expect(asked()).toEqual([]);
  });
  hidePage(false);
  await waitFor(() => {
    expect(asked()).toEqual([0, 1, 3]);
  });
  unmount();
  expect(fake.shown).toEqual([]);
});

test("a panel that covers a phone's pictures saves them", async () => {
  const narrow: Partial<MediaQueryList> = { matches: true, addEventListener: vi.fn(), removeEventListener: vi.fn() };
  vi.spyOn(window, "matchMedia").mockReturnValue(narrow as MediaQueryList);
  const { asked, user } = inCall({ ...someCall("design"), participants: [participant(0, bob), participant(1, alice), participant(2, dan)] });
  expect(asked()).toEqual([0, 2]);
  await user.keyboard("p");
  await waitFor(() => {
    expect(asked()).toEqual([]);
  });
  await user.keyboard("{Escape}");
  await waitFor(() => {
    expect(asked()).toEqual([0, 2]);
  });
});
