import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { failure, success, type Outcome } from "../../state/outcome";
import { show } from "../../testing/render";
import { KeptToggle } from "./kept-toggle";

const toggle = () => screen.getByRole<HTMLInputElement>("switch", { name: "Quiet" });

test("what was chosen shows at once, and goes back with the reason where it was not taken", async () => {
  const answers: ((outcome: Outcome<unknown>) => void)[] = [];
  const set = () => new Promise<Outcome<unknown>>((resolve) => answers.push(resolve));
  show(
    <KeptToggle on={false} set={set}>
      Quiet
    </KeptToggle>,
  );
  await userEvent.click(toggle());
  expect(toggle().checked).toBe(true);
  await act(async () => {
    answers.shift()?.(failure("forbidden"));
    await Promise.resolve();
  });
  expect(toggle().checked).toBe(false);
  expect(screen.getByRole("alert")).toBeTruthy();
  await userEvent.click(toggle());
  expect(screen.queryByRole("alert")).toBeNull();
  await act(async () => {
    answers.shift()?.(success(undefined));
    await Promise.resolve();
  });
});
