import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { translator } from "../../i18n/translate";
import { Client } from "../../state/client";
import { Waking } from "../../state/waking";
import { CALL_NEWS_MS } from "../../state/ringing";
import { FakeCore, someCall } from "../../testing/fake-core";
import { fakeFiles } from "../../testing/fake-files";
import { FakePush } from "../../testing/fake-push";
import { FakeMedia } from "../../testing/fake-media";
import { inCall } from "../../testing/in-call";
import { stageOf } from "../../testing/screen";
import { AppView } from "../app/app";
import { AppContext } from "../app/context";
import { Navigator } from "../app/navigator";
import { playTones } from "./tones";

const stop = vi.fn<() => void>();
vi.mock("./tones", () => ({ playTones: vi.fn(() => stop) }));

beforeEach(() => {
  window.history.replaceState(null, "", "/");
  window.localStorage.clear();
  vi.mocked(playTones).mockClear();
  stop.mockClear();
  stageOf(1252, 640);
});

async function open() {
  const core = new FakeCore(true);
  const client = new Client(core, window.localStorage);
  const media = new FakeMedia(core, false);
  const app = { client, files: fakeFiles(client), media, navigator: new Navigator(), t: translator("en-GB"), waking: new Waking(client, new FakePush()) };
  render(
    <AppContext value={app}>
      <AppView />
    </AppContext>,
  );
  await screen.findByRole("navigation", { name: "Rooms" });
  return { core, client, media, user: userEvent.setup({ delay: null }) };
}

const banner = () => screen.queryByText("Call in Board, third quarter");
/** What a caller reads. */
const ringing = (ring: "outgoing" | "declined" | "unanswered") => {
  const shown = inCall(someCall("bob"), { call: { started_at: 1, names: [], joined: true, elsewhere: false, ring }, kind: "direct", title: "Bob Okafor" });
  const text = document.querySelector(".call-hint")?.textContent;
  shown.unmount();
  return text;
};
const dialog = () => screen.queryByRole("dialog", { name: "Incoming call" });
const rings = (core: FakeCore, ...[ring, change]: [Parameters<FakeCore["ring"]>[1], Parameters<FakeCore["ring"]>[2]?]) => {
  act(() => {
    core.ring("bob", ring, change);
  });
};

test("a call in a direct room rings with sound, and who accepts is in it without more questions", async () => {
  const { core, user } = await open();
  rings(core, "incoming");
  expect(within(dialog() ?? document.body).getByText("Bob Okafor is calling")).toBeTruthy();
  expect(playTones).toHaveBeenCalledWith("incoming");
  core.answers.set("join_call", { type: "call_entered", value: { ice_servers: [], constant_bitrate: false } });
  await user.click(screen.getByRole("button", { name: "Accept" }));
  await waitFor(() => {
    expect(core.sent).toContainEqual({ type: "join_call", room_id: "bob" });
  });
  rings(core, null, { joined: true });
  expect(dialog()).toBeNull();
  expect(stop).toHaveBeenCalled();
});

test("who declines says so, and it rings no more", async () => {
  const { core, user } = await open();
  rings(core, "incoming");
  await user.click(screen.getByRole("button", { name: "Decline" }));
  expect(core.sent).toContainEqual({ type: "decline_call", room_id: "bob" });
  expect(dialog()).toBeNull();
  expect(stop).toHaveBeenCalledOnce();
});

test("who puts the question away hears nothing more of this call, and of the next one", async () => {
  const { core, user } = await open();
  rings(core, "incoming", { started_at: 1 });
  await user.keyboard("{Escape}");
  expect(dialog()).toBeNull();
  expect(core.sent.some(({ type }) => type === "decline_call")).toBe(false);
  rings(core, "incoming", { started_at: 1, names: [] });
  expect(dialog()).toBeNull();
  rings(core, "incoming", { started_at: 2 });
  expect(dialog()).not.toBeNull();
});

test("a call that was answered on another device is said to be", async () => {
  const { core, client } = await open();
  rings(core, "incoming");
  rings(core, null, { elsewhere: true });
  expect(dialog()).toBeNull();
  expect(client.board.notices.get().map((notice) => notice.text(translator("en-GB")))).toEqual(["Answered on another device"]);
});

test("the sound can be switched off", async () => {
  const { core, client } = await open();
  client.preferences.setRing(false);
  rings(core, "incoming");
  expect(dialog()).not.toBeNull();
  expect(playTones).not.toHaveBeenCalled();
  act(() => {
    client.preferences.setRing(true);
  });
  expect(playTones).toHaveBeenCalledOnce();
});

test("in a larger room nothing rings, and a banner leads into the call as long as it is news", async () => {
  const { core, user } = await open();
  act(() => {
    core.ring("board", null, { started_at: Date.now() - 2 * CALL_NEWS_MS });
  });
  expect(banner()).toBeNull();
  act(() => {
    core.ring("board", null, { started_at: Date.now() });
  });
  expect(banner()?.closest("[role=status]")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Join" }).getAttribute("href")).toBe("/rooms/board/call");
  expect(playTones).not.toHaveBeenCalled();
  await user.click(within(banner()?.parentElement ?? document.body).getByRole("button", { name: "Dismiss" }));
  expect(banner()).toBeNull();
});

test("who calls hears and reads that it rings, and what came of it", () => {
  expect(ringing("outgoing")).toBe("Ringing…");
  expect(playTones).toHaveBeenCalledWith("outgoing");
  expect(ringing("declined")).toBe("Bob Okafor declined the call.");
  expect(ringing("unanswered")).toBe("No answer. Bob Okafor sees a missed call.");
  expect(playTones).toHaveBeenCalledOnce();
});
