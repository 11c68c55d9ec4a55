import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { FakeCore } from "../../testing/fake-core";
import { carol, NOW, text } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { SavedMessages } from "./saved-messages";

test("what was saved stands there with its room, leads to its place, and can be taken out", async () => {
  const core = new FakeCore(true);
  core.receive("board", text(90, carol, NOW, "keep this", { saved: true }));
  core.receive("board", text(91, carol, NOW, "and that", { saved: true }));
  const shown = show(<SavedMessages />, core);
  const list = await screen.findByRole("list", { name: "Saved messages" });
  expect(within(list).getAllByRole("link")).toHaveLength(2);
  const user = userEvent.setup({ delay: null });
  await user.click(within(list).getByRole("button", { name: "Remove from saved: keep this" }));
  await waitFor(() => {
    expect(within(list).getAllByRole("link")).toHaveLength(1);
  });
  await user.click(within(list).getByRole("link"));
  expect(shown.client.sought.get()).toEqual({ roomId: "board", messageId: "message-91" });
});

test("where nothing is saved it says how one saves", async () => {
  show(<SavedMessages />, new FakeCore(true));
  expect(await screen.findByText("Nothing is saved yet")).toBeTruthy();
});
