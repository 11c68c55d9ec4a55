import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import type { CallActions } from "./actions";
import { useCallKeyboard } from "./keyboard";

const nothing = (): void => undefined;
const actions: CallActions = {
  microphone: nothing,
  camera: nothing,
  share: nothing,
  hand: nothing,
  react: nothing,
  people: nothing,
  chat: nothing,
  encryption: nothing,
  statistics: nothing,
  devices: nothing,
  layout: nothing,
  view: nothing,
  fullScreen: nothing,
  pip: nothing,
  help: nothing,
  leave: nothing,
  end: nothing,
  toolbar: nothing,
};

function Keys() {
  return (
    <>
      <p>{useCallKeyboard(actions) ? "talking" : "silent"}</p>
      <button type="button">a control</button>
    </>
  );
}

const space = { key: " ", code: "Space" };

function muted() {
  const shown = show(<Keys />);
  shown.fake.set({ microphone: false });
  return shown.fake;
}

test("Space opens the microphone while it is held", () => {
  const media = muted();
  fireEvent.keyDown(document.body, space);
  expect(media.view().microphone).toBe(true);
  fireEvent.keyDown(document.body, { ...space, repeat: true });
  fireEvent.keyUp(document.body, space);
  expect(media.view().microphone).toBe(false);
  expect(screen.getByText("silent")).toBeTruthy();
});

test("a window that loses the focus closes the microphone", () => {
  const media = muted();
  fireEvent.keyDown(document.body, space);
  fireEvent.blur(window);
  expect(media.view().microphone).toBe(false);
});

test("Space on a button presses the button", () => {
  const media = muted();
  fireEvent.keyDown(screen.getByRole("button"), space);
  expect(media.view().microphone).toBe(false);
});

test("an open microphone stays open after Space", () => {
  const { fake } = show(<Keys />);
  fireEvent.keyDown(document.body, space);
  fireEvent.keyUp(document.body, space);
  expect(fake.view().microphone).toBe(true);
});
