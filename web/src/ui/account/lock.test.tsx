import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { alice } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { AppView } from "../app/app";
import { LockSettings } from "./lock";

const WRONG = "That is not the password of your account. Try again.";
const LOCK = "Ask for the password before this browser shows anything";

test("R47: the lock is set by the account's password, and says when it closes", async () => {
  const user = userEvent.setup();
  const { client, core } = show(<LockSettings />);
  await user.click(screen.getByRole("switch", { name: LOCK }));
  await user.click(screen.getByRole("button", { name: "Turn on" }));
  expect(screen.getByText("Enter your password.")).toBeTruthy();
  await user.type(screen.getByLabelText("Password"), "wrong");
  await user.click(screen.getByRole("button", { name: "Turn on" }));
  await screen.findByText(WRONG);
  expect(client.hasLock.get()).toBe(false);
  await user.clear(screen.getByLabelText("Password"));
  await user.type(screen.getByLabelText("Password"), "right");
  await user.click(screen.getByRole("button", { name: "Turn on" }));
  await screen.findByRole("button", { name: "Lock now" });
  expect(core.sent.at(-1)).toEqual({ type: "set_lock", on: true, password: "right" });
  await user.selectOptions(screen.getByRole("combobox", { name: "Lock" }), "only when Conclave is closed");
  expect(client.preferences.view.get().lockAfter).toBe(0);
  expect(client.hasLock.get()).toBe(true);
});

test("R47: a locked browser shows nothing but the way in, and the way out without the password", async () => {
  const user = userEvent.setup();
  const { client, core } = show(<AppView />);
  await screen.findByRole("navigation", { name: "Rooms" });
  act(() => {
    client.board.notify("alert", () => "The room “Merger” has ended");
  });
  expect(screen.getByText(/Merger/)).toBeTruthy();
  act(() => {
    client.lock();
  });
  await screen.findByRole("heading", { name: "Locked" });
  expect(screen.queryByText(/Merger/)).toBeNull();
  expect(screen.queryByRole("navigation", { name: "Rooms" })).toBeNull();
  expect(client.rooms.get()).toBeNull();
  await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
  await screen.findByText(WRONG);
  expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("");
  await user.click(screen.getByRole("button", { name: "Forgot password?" }));
  await screen.findByText(/cannot be opened by anybody/);
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await user.type(screen.getByLabelText("Password"), "right{Enter}");
  await screen.findByRole("navigation", { name: "Rooms" });
  expect(core.sent).toContainEqual({ type: "unlock", password: "right" });
});

test("R47: the menu of the account locks, where there is a lock", async () => {
  const user = userEvent.setup();
  const { client, core } = show(<AppView />);
  await screen.findByRole("navigation", { name: "Rooms" });
  await user.click(screen.getByRole("button", { name: alice.name }));
  expect(screen.queryByRole("menuitem", { name: "Lock now" })).toBeNull();
  await user.keyboard("{Escape}");
  act(() => {
    core.tell({ type: "store_lock", on: true });
  });
  await user.click(screen.getByRole("button", { name: alice.name }));
  await user.click(screen.getByRole("menuitem", { name: "Lock now" }));
  await screen.findByRole("heading", { name: "Locked" });
  expect(client.rooms.get()).toBeNull();
});

test("a hand on the page is told to who keeps the lock", async () => {
  const { client, core } = show(<AppView />);
  await screen.findByRole("navigation", { name: "Rooms" });
  expect(core.idleMs).toBe(15 * 60_000);
  act(() => {
    client.preferences.setLockAfter(5);
  });
  expect(core.idleMs).toBe(5 * 60_000);
  core.idleMs = null;
  fireEvent.pointerDown(window);
  expect(core.idleMs, "not more often than every few seconds").toBeNull();
  act(() => {
    client.preferences.setLockAfter(0);
  });
  expect(core.idleMs).toBeNull();
});

test("R43 R47: an upload that gets on is as good as a hand", async () => {
  const { client, core, files } = show(<AppView />);
  await screen.findByRole("navigation", { name: "Rooms" });
  const words = { text: "", replyTo: null, mentions: [], ttlMs: null, burnMs: null, fromDisk: true };
  const facts = { name: "plan.pdf", mediaType: "application/pdf", maySave: true, dimensions: null, durationMs: null, waveform: null, thumbnail: null };
  files.uploads.send("design", { file: new Blob(["twelve bytes"]), facts, words });
  await vi.waitFor(() => expect(core.noted.size).toBe(1));
  const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 6_000);
  core.idleMs = null;
  const [upload] = files.fake.uploads;
  upload?.progress.set({ done: 0, total: 12, state: "waiting" });
  expect(core.idleMs, "nothing moves").toBeNull();
  upload?.progress.set({ done: 6, total: 12, state: "running" });
  expect(core.idleMs).toBe(15 * 60_000);
  clock.mockRestore();
  // By hand it locks at once, and what was under way goes on after.
  act(() => {
    client.lock();
  });
  await screen.findByRole("heading", { name: "Locked" });
  expect(files.uploads.all.get()).toEqual([]);
  await userEvent.type(screen.getByLabelText("Password"), "right{Enter}");
  await screen.findByRole("navigation", { name: "Rooms" });
  await vi.waitFor(() => expect(files.uploads.all.get()).toMatchObject([{ stage: "running" }]));
  expect(files.fake.uploads[1]?.wish.resume?.ticket.blobId).toBe("blob-1");
});
