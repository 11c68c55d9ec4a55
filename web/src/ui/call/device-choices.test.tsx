import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { DeviceChoices } from "./device-choices";

test("noise suppression is a switch, where the browser has it", async () => {
  const { fake } = show(<DeviceChoices />);
  await userEvent.click(screen.getByRole("switch", { name: "Noise suppression" }));
  expect(fake.view().noiseSuppression).toBe(false);
  expect(screen.getByRole("switch", { name: "Noise suppression" })).toHaveProperty("checked", false);
  act(() => {
    fake.set({ noiseSuppression: null });
  });
  expect(screen.queryByRole("switch", { name: "Noise suppression" })).toBeNull();
});

test("blurring the background is a switch, off at first, where the browser can do it", async () => {
  const { fake } = show(<DeviceChoices />);
  expect(screen.getByRole("switch", { name: "Blur background" })).toHaveProperty("checked", false);
  await userEvent.click(screen.getByRole("switch", { name: "Blur background" }));
  expect(fake.view().backgroundBlur).toBe(true);
  act(() => {
    fake.set({ backgroundBlur: null });
  });
  expect(screen.queryByRole("switch", { name: "Blur background" })).toBeNull();
});
