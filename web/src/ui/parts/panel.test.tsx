import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { show } from "../../testing/render";
import { Panel } from "./panel";

function panel() {
  const close = vi.fn<() => void>();
  const shown = show(
    <>
      <input aria-label="Beside it" />
      <Panel title="People" onClose={close}>
        Nobody
      </Panel>
    </>,
  );
  return { ...shown, close };
}

test("Esc closes a panel from inside it, and where nothing has the focus", async () => {
  const { close } = panel();
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "People" }));
  await userEvent.keyboard("{Escape}");
  expect(close).toHaveBeenCalledTimes(1);
  // As after a dialog that took its focus along.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  expect(document.activeElement).toBe(document.body);
  await userEvent.keyboard("{Escape}");
  expect(close).toHaveBeenCalledTimes(2);
});

test("Esc in what stands beside a panel leaves it open", async () => {
  const { close } = panel();
  await userEvent.click(screen.getByRole("textbox", { name: "Beside it" }));
  await userEvent.keyboard("{Escape}");
  expect(close).not.toHaveBeenCalled();
});

test("a panel that has gone hears nothing any more", async () => {
  const { close, again } = panel();
  again(null);
  await userEvent.keyboard("{Escape}");
  expect(close).not.toHaveBeenCalled();
});
