import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { alice } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { Shell } from "./shell";

const box = () => screen.getByRole("searchbox", { name: "Search" });

test("Ctrl+K leads to the search from wherever one types, a slash from elsewhere", async () => {
  show(
    <Shell me={alice} route={{ page: "home" }}>
      <textarea aria-label="Elsewhere" />
    </Shell>,
  );
  const user = userEvent.setup({ delay: null });
  const elsewhere = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Elsewhere" });
  for (let time = 0; time < 2; time += 1) {
    await user.click(elsewhere);
    await user.keyboard("/{Control>}k{/Control}");
    expect(elsewhere.value).toBe("/".repeat(time + 1));
    expect(document.activeElement).toBe(box());
  }
  act(() => {
    screen.getByRole("main").focus();
  });
  await user.keyboard("/");
  expect(document.activeElement).toBe(box());
  expect((box() as HTMLInputElement).value).toBe("");
});

const shell = (page: "home" | "settings") => (
  <Shell me={alice} route={{ page }}>
    <p>Page</p>
  </Shell>
);

test("where the rooms have a page of their own, the search is there", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }));
  const { navigator, again } = show(shell("settings"));
  navigator.go({ page: "settings" });
  await userEvent.keyboard("{Control>}k{/Control}");
  expect(navigator.route.get()).toEqual({ page: "home" });
  again(shell("home"));
  expect(document.activeElement).toBe(box());
  // Coming back later by itself, one is not led there again.
  again(shell("settings"));
  again(shell("home"));
  expect(document.activeElement).not.toBe(box());
  vi.unstubAllGlobals();
});
