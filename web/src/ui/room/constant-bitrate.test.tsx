import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { alice, bob, room } from "../../testing/fake-data";
import { someCall } from "../../testing/fake-core";
import { inCall } from "../../testing/in-call";
import { show } from "../../testing/render";
import { ConstantBitrate } from "./constant-bitrate";

const CHOICE = "Hide who speaks (constant bitrate)";

test("a moderator chooses it, and the others read what was chosen", async () => {
  const plans = room("plans", "Plans", [alice, bob]);
  const { core, again } = show(<ConstantBitrate room={plans} />);
  const choice = screen.getByRole<HTMLInputElement>("switch", { name: CHOICE });
  expect(choice.checked).toBe(false);
  await userEvent.click(choice);
  expect(core.sent).toContainEqual({ type: "set_constant_bitrate", room_id: "plans", on: true });

  again(<ConstantBitrate room={{ ...plans, moderator: false }} />);
  expect(screen.queryByRole("switch")).toBeNull();
  expect(screen.queryByText(/A moderator chose this/)).toBeNull();
  again(<ConstantBitrate room={{ ...plans, moderator: false, constant_bitrate: true }} />);
  expect(screen.getByText(/A moderator chose this/)).toBeTruthy();
});

test("the encryption panel of a call says what its voices tell", async () => {
  const call = someCall("design");
  const { user, now } = inCall(call);
  await user.click(screen.getByRole("button", { name: "Encryption" }));
  expect(screen.queryByText(/cannot tell who speaks/)).toBeNull();
  now({ ...call, constant_bitrate: true });
  expect(screen.getByText("Constant bitrate: the server cannot tell who speaks")).toBeTruthy();
});
