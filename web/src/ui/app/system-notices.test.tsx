import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { alice, bob, room } from "../../testing/fake-data";
import { FakeCore } from "../../testing/fake-core";
import { FakePush } from "../../testing/fake-push";
import { show } from "../../testing/render";
import { AskForNotices, NoticeSettings } from "./notice-choices";
import { useSystemNotices } from "./system-notices";

/** Notices that the system shows. */
const shown: FakeNotification[] = [];

class FakeNotification extends EventTarget {
  static permission: NotificationPermission = "granted";
  static requestPermission = vi.fn<() => Promise<NotificationPermission>>(() => {
    FakeNotification.permission = "granted";
    return Promise.resolve("granted");
  });
  readonly text: string;
  constructor(title: string, { body, tag }: NotificationOptions) {
    super();
    this.text = `${title}: ${String(body)} [${String(tag)}]`;
    shown.push(this);
  }
  close(): void {
    shown.splice(shown.indexOf(this), 1);
  }
}

beforeEach(() => {
  shown.length = 0;
  FakeNotification.permission = "granted";
  vi.stubGlobal("Notification", FakeNotification);
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function Page() {
  useSystemNotices();
  return null;
}

const plans = room("plans", "Plans", [alice, bob], { preview: "the secret plan" });

function page() {
  const all = show(<Page />);
  const tell = (change: object): void => {
    act(() => {
      all.core.tell({ type: "rooms", rooms: [{ ...plans, ...change }] });
    });
  };
  tell({});
  return { ...all, tell };
}

const texts = (): string[] => shown.map((notice) => notice.text);

// R55: of what was said, no system hears anything.
test("a notice says where something is new and how much, and goes when it was read or is gone", () => {
  const { tell, navigator } = page();
  tell({ unread: 1 });
  expect(texts()).toEqual(["Plans: 1 new message [room-plans]"]);
  act(() => {
    shown[0]?.dispatchEvent(new Event("click"));
  });
  expect(navigator.route.get()).toEqual({ page: "room", roomId: "plans" });
  tell({ unread: 2 });
  expect(texts()).toEqual(["Plans: 2 new messages [room-plans]"]);
  tell({ unread: 0 });
  expect(texts()).toEqual([]);
});

// R54: each kind by itself; refusing costs nothing.
test("nothing is shown to who looks at the page, does not want it, or does not want to be disturbed", () => {
  const { tell, client, core } = page();
  act(() => {
    client.preferences.setNotify("messages", false);
  });
  tell({ unread: 1 });
  act(() => {
    core.notice({ code: "room_deleted", params: {} });
    core.notice({ code: "act_refused", params: {} });
  });
  expect(texts()).toHaveLength(1);
  expect(texts()[0]).toContain("deleted a room");
  act(() => {
    client.preferences.setNotify("messages", true);
    client.preferences.setQuiet(true);
  });
  tell({ unread: 2 });
  act(() => {
    client.preferences.setQuiet(false);
  });
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  tell({ unread: 3 });
  expect(texts()).toHaveLength(1);
});

test("one is asked once, kind by kind", async () => {
  FakeNotification.permission = "default";
  const { client, again, navigator } = show(<AskForNotices />);
  await userEvent.click(screen.getByRole("button", { name: "Choose…" }));
  expect(FakeNotification.requestPermission).not.toHaveBeenCalled();
  expect(navigator.route.get()).toEqual({ page: "settings" });
  expect(screen.queryByRole("button")).toBeNull();

  again(<NoticeSettings />);
  await userEvent.click(screen.getByRole("switch", { name: "Updates of the software" }));
  expect(client.preferences.view.get().notify).toEqual({ messages: true, updates: false, administration: true });
  await userEvent.click(screen.getByRole("button", { name: "Allow notifications" }));
  expect(FakeNotification.requestPermission).toHaveBeenCalledOnce();
  expect(await screen.findByRole<HTMLInputElement>("switch", { name: "Messages and calls" })).toBeTruthy();
});

test("what the browser blocks is said, with what to do", () => {
  FakeNotification.permission = "denied";
  show(<NoticeSettings />);
  expect(screen.getByText(/blocks notifications/)).toBeTruthy();
});

test("R55: where the browser can never be woken, the switch says so, and what to do", () => {
  const says = { insecure: /begins with https/, missing: /Home Screen/, blocked: /allow them first/ } as const;
  const permissions = { insecure: "denied", missing: "granted", blocked: "denied" } as const;
  for (const hinders of ["insecure", "missing", "blocked"] as const) {
    FakeNotification.permission = permissions[hinders];
    const push = new FakePush();
    push.hinders = hinders;
    const { client, unmount } = show(<NoticeSettings />, new FakeCore(true), push);
    const toggle = screen.getByRole<HTMLInputElement>("switch", { name: "Also while Conclave is closed" });
    expect(toggle.disabled).toBe(true);
    expect(toggle.checked).toBe(false);
    expect(document.getElementById(toggle.getAttribute("aria-describedby") ?? "")?.textContent).toMatch(says[hinders]);
    // Where it is the address that is wrong, the browser's permissions are no help.
    expect(screen.queryByText(/blocks notifications/) !== null).toBe(hinders === "blocked");
    expect(client.preferences.view.get().wake, "elsewhere it is as it was").toBe(true);
    unmount();
  }
});

test("R54, R55: being woken while the app is closed has a switch of its own, says who learns of it, and why it does not work", async () => {
  const user = userEvent.setup();
  const core = new FakeCore(true);
  core.answers.set("set_push", { type: "failed", value: { code: "push_refused", params: {} } });
  const { client, push, waking } = show(<NoticeSettings />, core);
  push.permitted = true;
  await act(async () => {
    waking.look();
    await waking.settled();
  });
  await screen.findByText("Your server does not know the push service of this browser. An administrator can allow it.");
  await user.click(screen.getByRole("switch", { name: "Also while Conclave is closed" }));
  await waking.settled();
  expect(client.preferences.view.get().wake).toBe(false);
  expect(push.subscribed).toBe(false);
  expect(screen.queryByText("Your server does not know the push service of this browser. An administrator can allow it.")).toBeNull();
  core.answers.clear();
  push.address = null;
  await user.click(screen.getByRole("switch", { name: "Also while Conclave is closed" }));
  await screen.findByText("This browser cannot be woken now.", { exact: false });
});
