import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { RoomView } from "../../core/generated/RoomView";
import { FakeCore } from "../../testing/fake-core";
import { show } from "../../testing/render";
import { RoomFace } from "./room-face";

vi.mock(import("../../files/picture"), async (original) => ({
  ...(await original()),
  // Nothing is drawn here.
  squarePicture: (file) => Promise.resolve(file.type === "image/png" ? new Uint8Array([0xff, 0xd8, 0xff, 0xc0, 0, 0x11, 8, 0, 16, 0, 16, 3]) : null),
}));

function open(change: Partial<RoomView> = {}) {
  const core = new FakeCore(true);
  const found = core.rooms.find(({ room_id }) => room_id === "board");
  if (!found) throw new Error("no room");
  const room = { ...found, ...change };
  return { ...show(<RoomFace room={room} />, core), room, user: userEvent.setup({ delay: null, applyAccept: false }) };
}

const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "What this room is for" });
const input = () => document.querySelector<HTMLInputElement>("input[type=file]") ?? document.createElement("input");

test("who may add people says what the room is for, not at any length", async () => {
  const { core, user } = open();
  await user.click(box());
  await user.paste("x".repeat(1_002));
  await user.click(screen.getByRole("button", { name: "Save description" }));
  expect(screen.getByText("This is 2 bytes too long. Shorten it.")).toBeTruthy();
  await user.clear(box());
  await user.type(box(), " Lamps and tides ");
  await user.click(screen.getByRole("button", { name: "Save description" }));
  await waitFor(() => {
    expect(core.sent.at(-1)).toEqual({ type: "describe_room", room_id: "board", about: "Lamps and tides" });
  });
});

test("a picture is chosen, and what is none is refused in words", async () => {
  const { core, user, again, room } = open();
  await user.upload(input(), new File(["?"], "plan.txt", { type: "text/plain" }));
  expect(await screen.findByText(/This is no picture/)).toBeTruthy();
  await user.upload(input(), new File(["?"], "lamp.png", { type: "image/png" }));
  await waitFor(() => {
    expect(core.sent.at(-1)).toEqual({ type: "set_room_picture", room_id: "board", picture: "_9j_wAARCAAQABAD" });
  });
  expect(screen.queryByText(/This is no picture/)).toBeNull();
  again(<RoomFace room={{ ...room, picture: 7 }} />);
  await waitFor(() => {
    expect(document.querySelector<HTMLImageElement>("img.avatar")?.src).toBe("data:image/jpeg;base64,/9j/wAARCAAQABAD");
  });
  await user.click(screen.getByRole("button", { name: "Remove the picture" }));
  expect(core.sent.at(-1)).toEqual({ type: "set_room_picture", room_id: "board", picture: null });
});

test("others read it", () => {
  const { again, room } = open({ may_add: false, about: "Lamps" });
  expect(screen.getByText("Lamps")).toBeTruthy();
  expect(screen.queryByRole("textbox")).toBeNull();
  again(<RoomFace room={{ ...room, about: "" }} />);
  expect(screen.getByText(/Nobody has said yet/)).toBeTruthy();
});
