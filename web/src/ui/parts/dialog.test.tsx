import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { show } from "../../testing/render";
import { Dialog } from "./dialog";

const escapeFromNowhere = (): void => {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
};

test("Esc closes the topmost dialog alone, also where nothing has the focus", () => {
  const closed = vi.fn<(which: string) => void>();
  const dialog = (title: string) => (
    <Dialog
      title={title}
      onClose={() => {
        closed(title);
      }}
    >
      <p>{title}</p>
    </Dialog>
  );
  const both = (
    <>
      {dialog("Below")}
      {dialog("Above")}
    </>
  );
  const { again } = show(both);
  expect(screen.getByRole("dialog", { name: "Above" })).toBeTruthy();
  escapeFromNowhere();
  expect(closed.mock.calls).toEqual([["Above"]]);
  again(dialog("Below"));
  escapeFromNowhere();
  expect(closed.mock.calls).toEqual([["Above"], ["Below"]]);
});
