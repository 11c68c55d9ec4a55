import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { someCall } from "../../testing/fake-core";
import { inCall } from "../../testing/in-call";
import { hidePage, stageOf } from "../../testing/screen";

const call = { ...someCall("design"), speaker: 3 };

beforeEach(() => {
  stageOf(1252, 640);
});

afterEach(() => {
  vi.unstubAllGlobals();
  for (const name of ["fullscreenEnabled", "fullscreenElement", "pictureInPictureEnabled", "pictureInPictureElement"]) {
    Reflect.deleteProperty(document, name);
  }
});

const become = (element: Element | null) => (): Promise<void> => {
  Object.defineProperty(document, "fullscreenElement", { configurable: true, value: element });
  document.dispatchEvent(new Event("fullscreenchange"));
  return Promise.resolve();
};

/** A browser that shows pages on the whole screen. */
function withFullScreen() {
  Object.defineProperty(document, "fullscreenEnabled", { configurable: true, value: true });
  Object.assign(document, { exitFullscreen: vi.fn(become(null)) });
  Object.assign(document.documentElement, { requestFullscreen: vi.fn(become(document.documentElement)) });
}

/** A browser with Document Picture-in-Picture; the windows that it opened. */
function withPip() {
  const opened: { readonly body: HTMLElement; readonly close: () => void }[] = [];
  const requestWindow = vi.fn<() => Promise<unknown>>(() => {
    const page = document.implementation.createHTMLDocument();
    const events = new EventTarget();
    const pip = Object.assign(events, {
      document: page,
      innerWidth: 320,
      innerHeight: 180,
      close: vi.fn<() => void>(() => {
        events.dispatchEvent(new Event("pagehide"));
      }),
    });
    opened.push({ body: page.body, close: pip.close });
    return Promise.resolve(pip);
  });
  vi.stubGlobal("documentPictureInPicture", { requestWindow });
  return { opened, requestWindow };
}

test("full screen and the small window are not offered where the browser has neither", () => {
  inCall(call);
  expect(screen.queryByRole("button", { name: "Full screen" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Picture-in-picture" })).toBeNull();
});

test("full screen comes and goes by button and by key, and ends with the call", async () => {
  withFullScreen();
  const { user, unmount } = inCall(call);
  await user.click(screen.getByRole("button", { name: "Full screen" }));
  expect(document.fullscreenElement).toBe(document.documentElement);
  await user.click(screen.getByRole("button", { name: "Exit full screen" }));
  expect(document.fullscreenElement).toBeNull();
  fireEvent.keyDown(document.body, { key: "f", code: "KeyF" });
  expect(await screen.findByRole("button", { name: "Exit full screen" })).toBeTruthy();
  unmount();
  expect(document.fullscreenElement).toBeNull();
});

test("the small window shows who has the floor, or is pinned, and has the buttons that matter", async () => {
  const { opened } = withPip();
  const { user, fake, onLeave } = inCall(call);
  await user.click(screen.getByRole("button", { name: "Picture-in-picture" }));
  await screen.findByRole("button", { name: "Close picture-in-picture" });
  const [pip] = opened;
  if (!pip) throw new Error("no window");
  // By label: a document without a window has no roles.
  const inPip = within(pip.body);
  const press = (name: string) => {
    act(() => {
      inPip.getByLabelText(name).click();
    });
  };
  expect(inPip.getByLabelText("Dan Petrov")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Pin Carol Lindqvist" }));
  expect(inPip.getByLabelText("Carol Lindqvist")).toBeTruthy();
  press("Mute microphone");
  expect(fake.view().microphone).toBe(false);
  press("Turn camera off");
  expect(fake.view().camera).toBe(false);
  press("Leave call");
  expect(onLeave).toHaveBeenCalledOnce();
});

test("behind another tab only the picture in the small window is asked for", async () => {
  withPip();
  const { user, fake } = inCall(call);
  await user.click(screen.getByRole("button", { name: "Picture-in-picture" }));
  await screen.findByRole("button", { name: "Close picture-in-picture" });
  hidePage(true);
  await waitFor(() => {
    expect(fake.shown).toEqual([{ leaf: 3, kind: "camera", height: 180 }]);
  });
});

test("the small window closes by its button, by itself, and with the call", async () => {
  const { opened } = withPip();
  const { user, unmount } = inCall(call);
  const open = async () => {
    await user.click(screen.getByRole("button", { name: "Picture-in-picture" }));
    await screen.findByRole("button", { name: "Close picture-in-picture" });
  };
  await open();
  await user.click(screen.getByRole("button", { name: "Close picture-in-picture" }));
  expect(opened[0]?.close).toHaveBeenCalled();
  await open();
  act(() => opened[1]?.close());
  await open();
  unmount();
  expect(opened[2]?.close).toHaveBeenCalled();
});

test("a window that the browser refuses is said, and one that comes after the call is closed", async () => {
  const { opened, requestWindow } = withPip();
  const { user, client, unmount } = inCall(call);
  requestWindow.mockRejectedValueOnce(new DOMException("no", "NotAllowedError"));
  await user.click(screen.getByRole("button", { name: "Picture-in-picture" }));
  await waitFor(() => {
    expect(client.board.notices.get()).toHaveLength(1);
  });
  fireEvent.click(screen.getByRole("button", { name: "Picture-in-picture" }));
  unmount();
  await waitFor(() => {
    expect(opened[0]?.close).toHaveBeenCalled();
  });
});

test("without such windows the browser's own shows the video of who has a picture, and goes with the call", async () => {
  Object.defineProperty(document, "pictureInPictureEnabled", { configurable: true, value: true });
  const exit = vi.fn<() => Promise<void>>(() => Promise.resolve());
  Object.assign(document, { exitPictureInPicture: exit });
  const request = vi.fn(function enter(this: HTMLVideoElement) {
    Object.defineProperty(document, "pictureInPictureElement", { configurable: true, value: this });
    const shown = Object.assign(new EventTarget(), { width: 320, height: 180 });
    this.dispatchEvent(Object.assign(new Event("enterpictureinpicture"), { pictureInPictureWindow: shown }));
    return Promise.resolve();
  });
  Object.assign(HTMLVideoElement.prototype, { requestPictureInPicture: request });
  const { user, fake, unmount } = inCall(call);
  const stream = new MediaStream();
  act(() => {
    fake.set({ remote: [{ leaf: 1, kind: "camera", state: "live", stream }] });
  });
  await user.click(screen.getByRole("button", { name: "Picture-in-picture" }));
  await screen.findByRole("button", { name: "Close picture-in-picture" });
  expect(document.querySelector<HTMLVideoElement>(".pip-source")?.srcObject).toBe(stream);
  hidePage(true);
  await waitFor(() => {
    expect(fake.shown).toEqual([{ leaf: 1, kind: "camera", height: 180 }]);
  });
  unmount();
  expect(exit).toHaveBeenCalled();
});
