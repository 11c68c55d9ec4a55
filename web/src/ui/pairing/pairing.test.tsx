import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { FakeCore, PAIRING_WORDS } from "../../testing/fake-core";
import { show } from "../../testing/render";
import { AppView } from "../app/app";
import { Devices } from "../account/devices";
import { LinkDevice } from "./link-device";

afterEach(() => {
  window.history.replaceState(null, "", "/");
});

const compare = (name: string, email: string | null = null) => ({ type: "pairing", pairing: { state: "compare", words: PAIRING_WORDS, name, email } }) as const;

test("a device that is signed in shows a code, then words, and asks for the password", async () => {
  const user = userEvent.setup();
  const done: string[] = [];
  const { core } = show(<LinkDevice onClose={() => done.push("closed")} onDone={() => done.push("done")} />);
  const code = await screen.findByLabelText("Code");
  expect(code.textContent).toBe("K7Q2-9MXP");
  expect(screen.getByRole("img", { name: "QR code of the link for the new device" })).toBeTruthy();
  act(() => core.tell(compare("Firefox on Android")));
  await screen.findByText(/Firefox on Android asks/);
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(PAIRING_WORDS);
  await user.click(screen.getByRole("button", { name: "They match" }));
  expect(screen.getByText("Enter your password.")).toBeTruthy();
  await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
  await screen.findByText("That is not the password of your account. Try again.");
  await user.clear(screen.getByLabelText("Password"));
  await user.type(screen.getByLabelText("Password"), "right{Enter}");
  await screen.findByText("Confirm the words on the new device, too.");
  act(() => core.tell({ type: "pairing", pairing: { state: "done", name: "Firefox on Android" } }));
  await user.click(await screen.findByRole("button", { name: "Done" }));
  expect(done).toEqual(["done", "closed"]);
});

test("who says that the words differ closes the dialog", async () => {
  const user = userEvent.setup();
  const closed = vi.fn();
  const { core } = show(<LinkDevice onClose={closed} onDone={() => {}} />);
  await screen.findByLabelText("Code");
  act(() => core.tell(compare("Phone")));
  expect(closed).not.toHaveBeenCalled();
  await user.click(await screen.findByRole("button", { name: "They differ" }));
  expect(closed).toHaveBeenCalledOnce();
});

test("who closes the dialog is back at the button that opened it, and the list is asked for anew", async () => {
  const user = userEvent.setup();
  const { core } = show(<Devices />);
  await user.click(await screen.findByRole("button", { name: "Link a device" }));
  await screen.findByLabelText("Code");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: "Link a device" })));
  expect(core.sent.filter(({ type }) => type === "list_devices")).toHaveLength(2);
});

test("a pairing whose tab is gone is over", async () => {
  const { core } = show(<LinkDevice onClose={() => {}} onDone={() => {}} />);
  await screen.findByLabelText("Code");
  act(() => core.tell({ type: "pairing", pairing: null }));
  await screen.findByRole("button", { name: "Get a new code" });
});

test("a dialog that goes away ends what it began", async () => {
  const { core, unmount } = show(<LinkDevice onClose={() => {}} onDone={() => {}} />);
  await screen.findByLabelText("Code");
  unmount();
  await waitFor(() => expect(core.sent.at(-1)).toEqual({ type: "end_pairing" }));
});

test("a new device that is refused in the end says why, and takes another code", async () => {
  const user = userEvent.setup();
  window.history.replaceState(null, "", "/pair#K7Q2-9MXP");
  const { core } = show(<AppView />, new FakeCore(false));
  await user.click(await screen.findByRole("button", { name: "Continue" }));
  core.answers.set("join_paired", { type: "failed", value: { code: "other_account", params: {} } });
  await user.click(await screen.findByRole("button", { name: "They match" }));
  await screen.findByText(/another account/);
  await screen.findByLabelText("Code");
});

test("a device that is signed in has no use for the code of a link, and says so", async () => {
  window.history.replaceState(null, "", "/pair#K7Q2-9MXP");
  show(<AppView />);
  await screen.findByText("This device is signed in already. Open the link on the new one.");
  expect(window.location.href.endsWith("/")).toBe(true);
});

test("what came to nothing says why, and begins anew with another code", async () => {
  const user = userEvent.setup();
  const { core } = show(<LinkDevice onClose={() => {}} onDone={() => {}} />);
  await screen.findByLabelText("Code");
  act(() => core.tell({ type: "pairing", pairing: { state: "failed", failure: { code: "pairing_over", params: {} } } }));
  await screen.findByText(/begin again with a new code/);
  core.answers.set("open_pairing", { type: "failed", value: { code: "offline", params: {} } });
  await user.click(screen.getByRole("button", { name: "Get a new code" }));
  await screen.findByRole("alert");
  core.answers.delete("open_pairing");
  await user.click(screen.getByRole("button", { name: "Get a new code" }));
  await screen.findByLabelText("Code");
});

test("a new device takes a typed code, shows whose account it is, and is in when the words match", async () => {
  const user = userEvent.setup();
  const { core } = show(<AppView />, new FakeCore(false));
  await user.click(await screen.findByRole("link", { name: "Link this device with another" }));
  await screen.findByRole("heading", { name: "Link this device" });
  await user.click(screen.getByRole("button", { name: "Continue" }));
  expect(screen.getByText("Type the code that the other device shows.")).toBeTruthy();
  await user.type(screen.getByLabelText("Code"), "wrong{Enter}");
  await screen.findByText(/Get a new one on the other device/);
  await user.clear(screen.getByLabelText("Code"));
  await user.type(screen.getByLabelText("Code"), "k7q2 9mxp{Enter}");
  await screen.findByText(/alice@example.org/);
  expect(core.sent).toContainEqual({ type: "enter_pairing", code: "k7q2 9mxp" });
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(PAIRING_WORDS);
  await user.click(screen.getByRole("button", { name: "They match" }));
  await screen.findByRole("navigation", { name: "Rooms" });
  expect(window.location.pathname).toBe("/");
});

test("the code of a link is there, and not in the address any more", async () => {
  window.history.replaceState(null, "", "/pair#K7Q2-9MXP");
  const { core } = show(<AppView />, new FakeCore(false));
  expect((await screen.findByLabelText<HTMLInputElement>("Code")).value).toBe("K7Q2-9MXP");
  await waitFor(() => expect(window.location.hash).toBe(""));
  // Whoever sends such a link does nothing with it alone.
  expect(core.sent.some(({ type }) => type === "enter_pairing")).toBe(false);
});

test("words that differ lead back to the code", async () => {
  const user = userEvent.setup();
  window.history.replaceState(null, "", "/pair#K7Q2-9MXP");
  const { core } = show(<AppView />, new FakeCore(false));
  await user.click(await screen.findByRole("button", { name: "Continue" }));
  await user.click(await screen.findByRole("button", { name: "They differ" }));
  expect((await screen.findByLabelText<HTMLInputElement>("Code")).value).toBe("");
  expect(core.sent).toContainEqual({ type: "end_pairing" });
  act(() => core.tell({ type: "pairing", pairing: { state: "failed", failure: { code: "pairing_differs", params: {} } } }));
  await screen.findByText(/somebody may stand in between/);
});
