import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { translator } from "../i18n/translate";
import { Client } from "../state/client";
import { Waking } from "../state/waking";
import { FakeCore } from "../testing/fake-core";
import { fakeFiles } from "../testing/fake-files";
import { FakePush } from "../testing/fake-push";
import { FakeMedia } from "../testing/fake-media";
import { AppView } from "./app/app";
import { AppContext } from "./app/context";
import { Navigator } from "./app/navigator";

beforeEach(() => {
  window.history.replaceState(null, "", "/");
  window.localStorage.clear();
});

function open(path: string, signedIn: boolean) {
  window.history.replaceState(null, "", path);
  const core = new FakeCore(signedIn);
  const client = new Client(core, window.localStorage);
  const app = { client, files: fakeFiles(client), media: new FakeMedia(core, false), navigator: new Navigator(), t: translator("en-GB"), waking: new Waking(client, new FakePush()) };
  render(
    <AppContext value={app}>
      <AppView />
    </AppContext>,
  );
  return { core, client, user: userEvent.setup({ delay: null }) };
}

test("an open invitation asks for the address, suggests one, and sends what was typed", async () => {
  const { core, user } = open("/invite/first", false);
  const email = await screen.findByRole<HTMLInputElement>("textbox", { name: "Email" });
  expect(email.value).toBe("alice@example.org");
  await user.clear(email);
  await user.type(screen.getByRole("textbox", { name: "Full name" }), "Ada Lovelace");
  await user.type(screen.getByLabelText("Password"), "Correct horse 7 battery");
  await user.type(screen.getByLabelText("Repeat password"), "Correct horse 7 battery");
  await user.click(screen.getByRole("button", { name: "Create account" }));
  expect(screen.getByText("Enter your email address.")).toBeDefined();
  await user.type(email, "Ada@Example.org");
  await user.click(screen.getByRole("button", { name: "Create account" }));
  await screen.findByRole("button", { name: "New room" });
  expect(core.sent.find(({ type }) => type === "register")).toMatchObject({
    code: "first",
    email: "ada@example.org",
    name: "Ada Lovelace",
  });
});

test("R4 a settled invitation shows the address and makes the account for it", async () => {
  const { core, user } = open("/invite/named", false);
  await screen.findByText("alice@example.org");
  expect(screen.queryByRole("textbox", { name: "Email" })).toBeNull();
  expect(screen.queryByRole("textbox", { name: "Full name" })).toBeNull();
  await user.type(screen.getByLabelText("Password"), "Correct horse 7 battery");
  await user.type(screen.getByLabelText("Repeat password"), "Correct horse 7 battery");
  await user.click(screen.getByRole("button", { name: "Create account" }));
  await screen.findByRole("button", { name: "New room" });
  expect(core.sent.find(({ type }) => type === "register")).toMatchObject({ email: "alice@example.org", name: "Alice Moreau" });
});

test("what the server signed out waits for the password, or is erased after a question", async () => {
  const { core, user } = open("/", false);
  core.session = { state: "signed_out", reason: "signed_out_by_server" };
  await screen.findByText(/messages are still here/);
  await user.click(screen.getByRole("button", { name: "Erase what is stored here" }));
  await user.click(within(screen.getByRole("alertdialog")).getByRole("button", { name: "Erase" }));
  await waitFor(() => {
    expect(screen.queryByRole("button", { name: "Erase what is stored here" })).toBeNull();
  });
  expect(core.sent.at(-1)).toEqual({ type: "sign_out" });
});

test("a refused sign-in says why and keeps the address", async () => {
  const { user } = open("/", false);
  await user.type(await screen.findByRole("textbox", { name: "Email" }), "alice@example.org");
  await user.type(screen.getByLabelText("Password"), "wrong password");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findByText(/do not fit/);
  expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Email" }).value).toBe("alice@example.org");
});

test("a room is made with the people who were typed", async () => {
  const { core, user } = open("/", true);
  await user.click(await screen.findByRole("button", { name: "New room" }));
  const dialog = await screen.findByRole("dialog", { name: "New room" });
  await user.type(within(dialog).getByRole("textbox", { name: "Room name" }), "Launch plan");
  const people = within(dialog).getByRole("combobox", { name: "Add people" });
  await user.type(people, "bob@example.org{Enter}");
  await within(dialog).findByText("bob@example.org");
  await user.type(people, "nobody@example.org");
  await user.click(within(dialog).getByRole("button", { name: "Create room" }));
  await within(dialog).findByText(/nobody@example\.org/);
  await user.clear(people);
  await user.click(within(dialog).getByRole("button", { name: "Create room" }));
  await screen.findByRole("heading", { name: "Launch plan" });
  expect(core.sent.find(({ type }) => type === "create_room")).toMatchObject({ people: ["bob@example.org"] });
});

test("what one presses does not move away because suggestions close", async () => {
  const { user } = open("/", true);
  await user.click(await screen.findByRole("button", { name: "New room" }));
  const dialog = await screen.findByRole("dialog", { name: "New room" });
  await user.type(within(dialog).getByRole("textbox", { name: "Room name" }), "Launch plan");
  await user.type(within(dialog).getByRole("combobox", { name: "Add people" }), "nobody@example.org");
  within(dialog).getByRole("listbox");
  await user.pointer({ keys: "[MouseLeft>]", target: within(dialog).getByRole("button", { name: "Create room" }) });
  within(dialog).getByRole("listbox");
  await user.pointer({ keys: "[/MouseLeft]" });
  await within(dialog).findByText(/nobody@example\.org was/);
  expect(within(dialog).queryByRole("listbox")).toBeNull();
});

test("a message is sent with Enter, and one that is too long stays", async () => {
  const { core, user } = open("/rooms/design", true);
  const box = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
  await user.type(box, "Two{Shift>}{Enter}{/Shift}lines{Enter}");
  await waitFor(() => expect(core.sent.some((command) => command.type === "send_text" && command.text === "Two\nlines")).toBe(true));
  expect(box.value).toBe("");
  await user.click(box);
  await user.paste("x".repeat(17_000));
  await user.keyboard("{Enter}");
  await screen.findByText(/too long/);
  expect(box.value).toHaveLength(17_000);
});

test("signing out asks first", async () => {
  const { core, user } = open("/", true);
  await user.click(await screen.findByRole("button", { name: "Alice Moreau" }));
  await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  const question = await screen.findByRole("alertdialog");
  expect(core.sent.some(({ type }) => type === "sign_out")).toBe(false);
  await user.click(within(question).getByRole("button", { name: "Sign out" }));
  await screen.findByRole("button", { name: "Sign in" });
});

test("a call: preview, tiles by name and state, the epoch, and leaving", async () => {
  const { user } = open("/rooms/design/call", true);
  await user.click(await screen.findByRole("button", { name: "Join now" }));
  await screen.findByRole("toolbar", { name: "Call controls" });
  expect(screen.getByRole("group", { name: "Bob Okafor" }).dataset["media"]).toBe("live");
  expect(screen.getByRole("group", { name: "Carol Lindqvist" }).dataset["media"]).toBe("waiting-for-key");
  await user.click(screen.getByRole("button", { name: "Encryption" }));
  expect((await screen.findByTestId("call-epoch")).textContent).toBe("7");
  await user.keyboard("{Escape}");
  expect(screen.queryByTestId("call-epoch")).toBeNull();
  await user.keyboard("m");
  await screen.findByRole("button", { name: "Unmute microphone" });
  await user.click(screen.getByRole("button", { name: "Leave call" }));
  await screen.findByRole("button", { name: /^(Join|Start|Return to) call$/ });
});
