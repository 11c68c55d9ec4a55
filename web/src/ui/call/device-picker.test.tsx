import { act, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { DevicePicker } from "./device-picker";

test("that there is no camera is said only once it was looked for", () => {
  const { fake } = show(<DevicePicker kind="camera" />);
  const picker = screen.getByRole("combobox", { name: "Camera" });
  const becomes = (devices: Parameters<typeof fake.set>[0]["devices"]): void => {
    act(() => {
      fake.set({ devices: devices ?? null });
    });
  };
  becomes(null);
  expect(picker.textContent).toBe("Looking for devices…");
  becomes({ microphone: [], camera: [], speaker: [] });
  expect(picker.textContent).toBe("None found");
  becomes({ microphone: [], camera: [{ id: "1", label: "Front camera" }], speaker: [] });
  expect(picker.textContent).toContain("Front camera");
});
