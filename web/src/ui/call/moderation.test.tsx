import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LOCKED_RETRY_MS } from "../../state/limits";
import { someCall, FakeCore } from "../../testing/fake-core";
import { inCall } from "../../testing/in-call";
import { show } from "../../testing/render";
import { stageOf } from "../../testing/screen";
import { CallPage } from "./call-page";

const call = someCall("design");

beforeEach(() => {
  stageOf(1252, 640);
});

afterEach(() => {
  vi.useRealTimers();
});

const button = (name: string) => screen.getByRole("button", { name });
const said = (): string | null => screen.getByRole("alert").textContent;
const names = () => screen.getAllByRole("button").map((each) => each.textContent);

test("a moderator removes a person after a question", async () => {
  const { user, core } = inCall(call);
  await user.click(button("People"));
  await user.click(button("Remove Bob Okafor"));
  const asked = screen.getByRole("alertdialog", { name: "Remove Bob Okafor from the call?" });
  await user.click(within(asked).getByRole("button", { name: "Cancel" }));
  expect(core.sent.some(({ type }) => type === "remove_participant")).toBe(false);
  await user.click(button("Remove Bob Okafor"));
  await user.click(within(screen.getByRole("alertdialog")).getByRole("button", { name: "Remove Bob Okafor" }));
  expect(core.sent).toContainEqual({ type: "remove_participant", leaf: 0 });
  await waitFor(() => {
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });
});

test("who is in the call and not in the room any more interrupts, and one decides", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { core, now } = inCall(call);
  const user = userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms) });
  now({ ...call, strangers: [1] });
  expect(screen.queryByText(/no longer in the room/)).toBeNull();
  act(() => {
    vi.advanceTimersByTime(2_000);
  });
  expect(screen.getByText("Carol Lindqvist is in this call, but no longer in the room. Until they are out, nobody hears or sees you.").closest('[role="alert"]')).toBeTruthy();
  await user.click(button("Remove Carol Lindqvist"));
  expect(core.sent).toContainEqual({ type: "remove_participant", leaf: 1 });
  await user.click(button("Continue anyway"));
  expect(core.sent).toContainEqual({ type: "keep_stranger", leaf: 1 });
});

test("a moderator locks the call and unlocks it, and all see that it is locked", async () => {
  const { user, core, now } = inCall(call);
  await user.click(button("People"));
  await user.click(button("Lock call"));
  now({ ...call, locked: true });
  expect(screen.getByText("Locked")).toBeTruthy();
  expect(screen.getByText(/Nobody new comes into this call/)).toBeTruthy();
  await user.click(button("Unlock call"));
  expect(core.sent.filter(({ type }) => type === "lock_call")).toEqual([
    { type: "lock_call", locked: true },
    { type: "lock_call", locked: false },
  ]);
});

test("a moderator leaves at once, or ends the call for all after a question", async () => {
  const { user, core, onLeave } = inCall(call);
  await user.click(button("Leave call"));
  expect(onLeave).toHaveBeenCalledOnce();
  await user.click(button("Ways to leave"));
  await user.click(screen.getByRole("menuitem", { name: "Leave call" }));
  expect(onLeave).toHaveBeenCalledTimes(2);
  await user.click(button("Ways to leave"));
  await user.click(screen.getByRole("menuitem", { name: "End call for all" }));
  const asked = await screen.findByRole("alertdialog", { name: "End the call for everyone?" });
  await user.click(within(asked).getByRole("button", { name: "End call for all" }));
  expect(core.sent).toContainEqual({ type: "end_call" });
});

test("a moderator puts somebody in the spotlight, whom all see large, until it is taken back", async () => {
  const { user, core, now } = inCall(call);
  await user.click(button("People"));
  await user.click(button("Spotlight Carol Lindqvist for everyone"));
  now({ ...call, spotlight: 1 });
  const carol = screen.getByRole("group", { name: "Carol Lindqvist" });
  expect(carol.textContent).toContain("In the spotlight");
  expect(carol.closest(".large")).not.toBeNull();
  await user.click(button("Remove Carol Lindqvist from the spotlight"));
  expect(core.sent.filter(({ type }) => type === "spotlight")).toEqual([
    { type: "spotlight", leaf: 1 },
    { type: "spotlight", leaf: null },
  ]);
  now(call);
  expect(screen.getByRole("group", { name: "Carol Lindqvist" }).closest(".large")).toBeNull();
  now({ ...call, may_moderate: false });
  expect(names().filter((name) => name.startsWith("Spotlight"))).toEqual([]);
});

test("who is no moderator is offered none of it, and nobody removes oneself", async () => {
  const { user, now } = inCall({ ...call, may_moderate: false, locked: true });
  await user.click(button("People"));
  expect(screen.queryByRole("button", { name: "Ways to leave" })).toBeNull();
  expect(names().filter((name) => /^(Remove|Lock|Unlock)/.test(name))).toEqual([]);
  expect(screen.getByText("Locked")).toBeTruthy();
  now(call);
  expect(names().filter((name) => name.startsWith("Remove"))).toEqual(["Remove Dan Petrov", "Remove Bob Okafor", "Remove Carol Lindqvist"]);
});

test("what another moderator did is told", () => {
  const { core, client, t } = inCall(call);
  act(() => {
    core.tell({ type: "call_moderated", event: { code: "locked", params: { name: "Bob" } } });
    core.tell({ type: "call_moderated", event: { code: "removed", params: { name: "Bob", whom: "Dan" } } });
  });
  expect(client.board.notices.get().map((notice) => notice.text(t))).toEqual(["Bob locked the call.", "Bob removed Dan from the call."]);
});

test("who is out by the doing of others reads who did it, and finds the way back", async () => {
  const core = new FakeCore(true);
  core.call = { ...call, phase: "removed", by: "Bob Okafor" };
  show(<CallPage roomId="design" />, core);
  await screen.findByRole("alert");
  expect(said()).toContain("Bob Okafor removed you from the call.");
  act(() => {
    core.setCall({ ...call, phase: "removed", by: null });
  });
  expect(said()).toContain("A member of the room removed this device.");
  act(() => {
    core.setCall({ ...call, phase: "ended", by: "Bob Okafor" });
  });
  expect(said()).toContain("Bob Okafor ended the call for everyone.");
  fireEvent.click(button("Back to room"));
  expect(core.sent).toContainEqual({ type: "leave_call" });
});

test("before a locked call one tries again, or waits until it is unlocked", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const core = new FakeCore(true);
  core.answers.set("join_call", { type: "failed", value: { code: "call_locked", params: {} } });
  const user = userEvent.setup({ delay: null });
  show(<CallPage roomId="design" />, core);
  const joins = () => core.sent.filter(({ type }) => type === "join_call").length;
  await user.click(await screen.findByRole("button", { name: "Join now" }));
  await screen.findByText(/This call is locked/);
  await user.click(button("Join now"));
  expect(joins()).toBe(2);
  await user.click(await screen.findByRole("button", { name: "Wait, and join when it is unlocked" }));
  expect(screen.getByText("Waiting until the call is unlocked…")).toBeTruthy();
  await act(() => vi.advanceTimersByTimeAsync(LOCKED_RETRY_MS));
  expect(joins()).toBe(3);
  await user.click(button("Stop waiting"));
  await act(() => vi.advanceTimersByTimeAsync(2 * LOCKED_RETRY_MS));
  expect(joins()).toBe(3);
  await user.click(button("Wait, and join when it is unlocked"));
  core.answers.delete("join_call");
  await act(() => vi.advanceTimersByTimeAsync(LOCKED_RETRY_MS));
  expect(await screen.findByRole("toolbar", { name: "Call controls" })).toBeTruthy();
});
