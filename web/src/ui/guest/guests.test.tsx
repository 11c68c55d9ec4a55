import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CallView } from "../../core/generated/CallView";
import type { GuestView } from "../../core/generated/GuestView";
import { guestUrl } from "../../state/guests";
import { parseRoute } from "../../state/routes";
import { alice, participant, person } from "../../testing/fake-data";
import { FakeCore, someCall } from "../../testing/fake-core";
import { inCall } from "../../testing/in-call";
import { show } from "../../testing/render";
import { stageOf } from "../../testing/screen";
import { GuestPage } from "./guest-page";

const call = someCall("design");
const knock = (name: string) => ({ knock_id: `knock-${name}`, device_id: `device-${name}`, name, invited_by: "Alice Moreau" });
const dana = { ...person("Dana"), guest: true, email: "" };

beforeEach(() => {
  stageOf(1252, 640);
});

test("a guest's address carries the secret where no server sees it", () => {
  const url = new URL(guestUrl({ link_id: "11-22", secret: "s3_cret-" }, "https://meet.example.org"));
  expect(url.hash).toBe("#s3_cret-");
  expect(`${url.pathname}${url.search}`).not.toContain("s3");
  expect(parseRoute(url.pathname)).toEqual({ page: "guest", linkId: "11-22" });
});

test("one guest is admitted or denied from the notice, several from the panel", async () => {
  const { user, core, now } = inCall({ ...call, lobby: [knock("Dana")] });
  expect(screen.getByText("Dana (guest) asks to come in")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Deny" }));
  expect(core.sent).toContainEqual({ type: "deny_guest", device_id: "device-Dana" });
  now({ ...call, lobby: [knock("Dana"), knock("Eve")] });
  expect(screen.getByText("2 guests ask to come in")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "See who" }));
  const panel = screen.getByRole("complementary", { name: "People" });
  await user.click(within(panel).getByRole("button", { name: "Admit Eve" }));
  expect(core.sent).toContainEqual({ type: "admit_guests", knocks: ["knock-Eve"] });
  await user.click(within(panel).getByRole("button", { name: "Admit all" }));
  expect(core.sent).toContainEqual({ type: "admit_guests", knocks: ["knock-Dana", "knock-Eve"] });
  now({ ...call, lobby: [] });
  expect(screen.queryByText(/ask to come in|asks to come in/)).toBeNull();
});

test("a guest is marked on the tile and in the list, without an address", async () => {
  const with_dana: CallView = { ...call, participants: [...call.participants, participant(9, dana)] };
  const { user } = inCall(with_dana);
  expect(within(screen.getByRole("group", { name: "Dana" })).getByText("Guest")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "People" }));
  const row = screen.getAllByRole("listitem").find((each) => each.textContent?.includes("Dana"));
  expect(row && within(row).getByText("Guest")).toBeTruthy();
});

test("links are made, shown and revoked", async () => {
  const link = { link_id: "11-22", secret: "s3cret", expires_at: 1_800_000_000_000, by: "Bob Okafor", mine: false };
  const { user, core } = inCall(call, { guest_links: [link] });
  await user.click(screen.getByRole("button", { name: "People" }));
  await user.click(screen.getByRole("button", { name: "Invite a guest" }));
  const dialog = screen.getByRole("dialog", { name: "Invite a guest" });
  expect(within(dialog).getByText("Made by Bob Okafor")).toBeTruthy();
  await user.click(within(dialog).getByRole("radio", { name: "7 days" }));
  await user.click(within(dialog).getByRole("button", { name: "Make a link" }));
  expect(core.sent).toContainEqual({ type: "make_guest_link", room_id: "design", life_ms: 7 * 24 * 3_600_000 });
  await user.click(within(dialog).getByRole("button", { name: /^Revoke link/ }));
  expect(core.sent).toContainEqual({ type: "revoke_guest_link", room_id: "design", link_id: "11-22" });
});

const visit = (door: GuestView["door"]): FakeCore => {
  const core = new FakeCore(true);
  core.session = {
    state: "signed_in",
    me: { ...alice, guest: true },
    device_id: "device-1",
    connection: "online",
    contacts: core.contacts,
    guest: { room_id: "design", invited_by: "Bob Okafor", door },
    receipts: true,
    quick_replies: [],
    saved: 0,
    typing: true,
  };
  return core;
};

const LINK = "0a1b2c3d-0000-4000-8000-0123456789ab";
const SECRET = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE";

afterEach(() => {
  window.location.hash = "";
});

test("a link that cannot be one says so before it asks for anything, and the whole one is taken once it is there", async () => {
  for (const [linkId, secret] of [
    ["nonsense", SECRET],
    [LINK, ""],
    [LINK, SECRET.slice(1)],
    [LINK.slice(1), SECRET],
    [LINK, `${SECRET.slice(1)}+`],
  ] as const) {
    window.location.hash = secret;
    const { unmount, core } = show(<GuestPage linkId={linkId} />, new FakeCore(false));
    expect(screen.getByRole("heading", { name: "This link does not work" })).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toMatch(/Copy the whole address/);
    expect(screen.queryByRole("textbox")).toBeNull();
    expect(core.sent).toEqual([]);
    unmount();
  }
  window.location.hash = "";
  show(<GuestPage linkId={LINK} />, new FakeCore(false));
  act(() => {
    window.location.hash = SECRET;
    window.dispatchEvent(new Event("hashchange"));
  });
  expect(await screen.findByRole("textbox", { name: "Your name" })).toBeTruthy();
});

test("a link that is over says so, in place of the form", async () => {
  window.location.hash = SECRET;
  const core = new FakeCore(false);
  core.answers.set("become_guest", { type: "failed", value: { code: "link_expired", params: {} } });
  show(<GuestPage linkId={LINK} />, core);
  const user = userEvent.setup({ delay: null });
  await user.click(screen.getByRole("button", { name: "Continue" }));
  expect(screen.getByText("Enter your name.")).toBeTruthy();
  expect(core.sent).toEqual([]);
  await user.type(screen.getByRole("textbox", { name: "Your name" }), "Dana");
  await user.click(screen.getByRole("button", { name: "Continue" }));
  await waitFor(() => {
    expect(screen.getByRole("alert").textContent).toMatch(/time of this link is over/);
  });
  expect(screen.queryByRole("textbox")).toBeNull();
});

test("who was turned away is told, and may ask again", async () => {
  const core = visit("outside");
  core.answers.set("join_call", { type: "failed", value: { code: "guest_denied", params: {} } });
  show(<GuestPage linkId="11-22" />, core);
  const user = userEvent.setup({ delay: null });
  await screen.findByText("You come by a link of Bob Okafor.");
  await user.click(screen.getByRole("button", { name: "Join now" }));
  await screen.findByText(/turned down/);
  expect(screen.getByRole("button", { name: "Join now" })).toBeTruthy();
});

test("a guest who was removed, or whose call ended, is told which", async () => {
  for (const [phase, title] of [
    ["removed", "You were removed from the call"],
    ["ended", "The call has ended"],
  ] as const) {
    const core = visit("admitted");
    core.call = { ...call, phase };
    const { unmount } = show(<GuestPage linkId="11-22" />, core);
    await screen.findByRole("heading", { name: title });
    unmount();
  }
});
