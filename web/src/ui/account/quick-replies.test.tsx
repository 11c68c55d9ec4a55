import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { FakeCore } from "../../testing/fake-core";
import { show } from "../../testing/render";
import { OwnQuickReplies } from "./quick-replies";

const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Your quick replies" });

test("each line is a reply; too many and too long ones are said, and nothing typed is lost", async () => {
  const core = new FakeCore(true);
  show(<OwnQuickReplies />, core);
  const user = userEvent.setup({ delay: null });
  const save = () => user.click(screen.getByRole("button", { name: "Save quick replies" }));
  await user.type(box(), "a{Enter}b{Enter}c{Enter}d{Enter}e{Enter}f{Enter}g");
  await save();
  expect(screen.getByText("These are more than 6. Take a line out.")).toBeTruthy();
  expect(box().value.split("\n")).toHaveLength(7);
  await user.clear(box());
  await user.type(box(), "x".repeat(63));
  await save();
  expect(screen.getByText(/by 3\.$/)).toBeTruthy();
  await user.clear(box());
  await user.type(box(), "  On my way {Enter}{Enter}Later");
  await save();
  await waitFor(() => {
    expect(core.sent.at(-1)).toEqual({ type: "set_quick_replies", replies: ["On my way", "Later"] });
  });
  await waitFor(() => {
    expect(box().value).toBe("On my way\nLater");
  });
});
