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
  expect(screen.queryByRole("switch")).toBeNull();
});
