import { createEvent, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import type { Transfer } from "../../files/client";
import { MAX_DOCUMENT_LEN } from "../../files/kinds";
import type { Recording, VoiceNote } from "../../files/recording";
import type { Progress, Target } from "../../files/wire";
import { Store } from "../../state/observable";
import { failure, success, type Outcome } from "../../state/outcome";
import { show } from "../../testing/render";
import { AttachButton, DropTarget, usePastedFiles } from "./attach";
import { FileBody } from "./file-body";
import type { FileSource, ShownFile } from "./shown-file";
import { VoiceRecorder } from "./voice-recorder";

const nothing = (): void => {};

class FakeFiles implements FileSource {
  readonly begun: { mediaType: string; to: Target; progress: Store<Progress>; end: (outcome: Outcome<Blob>) => void; cancelled: boolean }[] = [];

  download: FileSource["download"] = (_, mediaType, to) => {
    const progress = new Store<Progress>({ done: 0, total: 2_000_000, state: "running" });
    const begun = { mediaType, to, progress, end: nothing as (outcome: Outcome<Blob>) => void, cancelled: false };
    const done = new Promise<Outcome<Blob>>((resolve) => {
      begun.end = resolve;
    });
    this.begun.push(begun);
    const cancel = (): void => {
      begun.cancelled = true;
      begun.end(failure("file_cancelled"));
    };
    return { progress, done, cancel } satisfies Transfer<Blob>;
  };
}

const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length);
const report: ShownFile = {
  name: "report.zip",
  mediaType: "application/zip",
  size: 2_000_000,
  maySave: true,
  dimensions: null,
  durationMs: null,
  waveform: null,
  thumbnail: null,
  sealed: { blobId: "blob", key: bytes(32), nonceBase: bytes(7), size: 2_000_000, hash: bytes(32) },
};
const picture: ShownFile = { ...report, name: "cat.png", mediaType: "image/png", dimensions: { width: 4, height: 3 } };
const button = (name: string) => screen.getByRole("button", { name });

beforeEach(() => {
  // Everything is seen at once.
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      private readonly hear: (entries: { isIntersecting: boolean }[]) => void;
      constructor(hear: (entries: { isIntersecting: boolean }[]) => void) {
        this.hear = hear;
      }
      observe(): void {
        this.hear([{ isIntersecting: true }]);
      }
      disconnect(): void {}
    },
  );
});

test("R45: a PDF is opened from memory as bytes that no browser interprets, and can be saved where that may be", async () => {
  const files = new FakeFiles();
  const { again } = show(<FileBody file={{ ...report, name: "report.pdf", mediaType: "application/pdf" }} files={files} />);
  expect(button("Save report.pdf")).toBeTruthy();
  await userEvent.click(button("Open report.pdf"));
  expect(files.begun.map(({ mediaType, to }) => [mediaType, to])).toEqual([["application/octet-stream", "memory"]]);
  expect(button("Open report.pdf").getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(button("Cancel report.pdf"));
  expect(files.begun[0]?.cancelled).toBe(true);
  again(<FileBody key="kept" file={{ ...report, name: "report.pdf", mediaType: "application/pdf", maySave: false }} files={files} />);
  expect(screen.queryByRole("button", { name: "Save report.pdf" })).toBeNull();
  screen.getByText(/Only for looking at here/);
});

test("a PDF that is too large to be taken apart can be saved alone", () => {
  show(<FileBody file={{ ...report, name: "report.pdf", mediaType: "application/pdf", size: MAX_DOCUMENT_LEN + 1 }} files={new FakeFiles()} />);
  expect(screen.queryByRole("button", { name: "Open report.pdf" })).toBeNull();
  expect(button("Save report.pdf")).toBeTruthy();
});

test("a file is saved under its name, with progress and a way to stop", async () => {
  const files = new FakeFiles();
  const { client } = show(<FileBody file={report} files={files} />);
  const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    expect(this.download).toBe("report.zip");
  });
  expect(screen.getByRole("group", { name: "report.zip" }).textContent).toContain("2 MB");
  await userEvent.click(button("Save report.zip"));
  expect(files.begun).toMatchObject([{ mediaType: "application/octet-stream", to: "memory" }]);
  expect(screen.getByRole("progressbar", { name: "Loading report.zip" })).toBeTruthy();
  await userEvent.click(button("Cancel report.zip"));
  expect(files.begun[0]?.cancelled).toBe(true);
  await userEvent.click(await screen.findByRole("button", { name: "Save report.zip" }));
  files.begun[1]?.end(success(new Blob(["zip"])));
  await waitFor(() => expect(clicked).toHaveBeenCalledOnce());
  expect(client.board.notices.get().length).toBeGreaterThan(0);
});

test("a large file goes over the disk", async () => {
  const files = new FakeFiles();
  show(<FileBody file={{ ...report, size: 2 ** 31 }} files={files} />);
  await userEvent.click(button("Save report.zip"));
  expect(files.begun[0]?.to).toBe("disk");
});

test("what went wrong is said, with a way to try again", async () => {
  const files = new FakeFiles();
  show(<FileBody file={report} files={files} />);
  await userEvent.click(button("Save report.zip"));
  files.begun[0]?.end(failure("file_expired"));
  expect((await screen.findByRole("alert")).textContent).toContain("expired");
  await userEvent.click(button("Try again"));
  expect(files.begun).toHaveLength(2);
});

test("a small picture comes by itself, and what may not be saved offers no saving", async () => {
  const files = new FakeFiles();
  show(<FileBody file={{ ...picture, maySave: false }} files={files} />);
  files.begun[0]?.end(success(new Blob(["png"], { type: "image/png" })));
  expect(files.begun[0]).toMatchObject({ mediaType: "image/png", to: "memory" });
  const shown = await screen.findByRole<HTMLImageElement>("img", { name: "Picture cat.png" });
  expect(shown.src).toMatch(/^blob:/);
  expect(screen.queryByRole("button", { name: "Save cat.png" })).toBeNull();
  expect(screen.getByRole("group", { name: "cat.png" }).textContent).toContain("Only for looking at here");
});

test("a large picture waits to be asked for, and shows how far it is", async () => {
  const files = new FakeFiles();
  show(<FileBody file={{ ...picture, size: 20_000_000 }} files={files} />);
  expect(files.begun).toEqual([]);
  await userEvent.click(button("Show cat.png"));
  files.begun[0]?.progress.set({ done: 1_500_000, total: 20_000_000, state: "running" });
  expect(await screen.findByText("1.5 MB of 20 MB")).toBeTruthy();
  files.begun[0]?.progress.set({ done: 1_500_000, total: 20_000_000, state: "waiting" });
  expect(await screen.findByText(/No connection/)).toBeTruthy();
});

test("nothing that could run is opened, whatever its sender calls it", () => {
  for (const mediaType of ["image/svg+xml", "text/html"]) {
    const { unmount } = show(<FileBody file={{ ...picture, mediaType }} files={new FakeFiles()} />);
    expect(screen.queryByRole("button", { name: "Show cat.png" })).toBeNull();
    unmount();
  }
});

test("a view that goes lets go of what it was loading", async () => {
  const files = new FakeFiles();
  const { unmount } = show(<FileBody file={picture} files={files} />);
  await waitFor(() => expect(files.begun).toHaveLength(1));
  unmount();
  expect(files.begun[0]?.cancelled).toBe(true);
});

test("an own file shows how far it is, can be stopped, and tried again", async () => {
  const progress = new Store<Progress>({ done: 0, total: 2_000_000, state: "running" });
  const sending = { progress, failure: null, cancel: vi.fn(), retry: vi.fn() };
  const { again } = show(<FileBody file={{ ...report, sealed: null }} files={new FakeFiles()} sending={sending} />);
  expect(screen.getByRole("progressbar", { name: "Sending report.zip" })).toBeTruthy();
  await userEvent.click(button("Cancel report.zip"));
  expect(sending.cancel).toHaveBeenCalledOnce();
  again(<FileBody file={{ ...report, sealed: null }} files={new FakeFiles()} sending={{ ...sending, failure: { code: "quota_exceeded", params: {} } }} />);
  expect(screen.getByRole("alert").textContent).toContain("fill the space");
  await userEvent.click(button("Try again"));
  expect(sending.retry).toHaveBeenCalledOnce();
});

test("a voice note is fetched when it is to be heard", async () => {
  const files = new FakeFiles();
  const note = { ...report, mediaType: "audio/webm", durationMs: 65_000, waveform: Uint8Array.of(0, 128, 255) };
  const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  show(<FileBody file={note} files={files} />);
  expect(screen.getByRole("group", { name: "Voice note" }).textContent).toContain("1:05");
  expect(files.begun).toEqual([]);
  await userEvent.click(button("Play voice note"));
  files.begun[0]?.end(success(new Blob(["webm"])));
  await waitFor(() => expect(play).toHaveBeenCalledOnce());
  const slider = screen.getByRole<HTMLInputElement>("slider", { name: "Position in the voice note" });
  fireEvent.change(slider, { target: { value: "30000" } });
  expect(slider.getAttribute("aria-valuetext")).toBe("0:30 / 1:05");
});

const item = (file: File) => ({ kind: "file", getAsFile: () => file, webkitGetAsEntry: () => ({ isDirectory: file.name === "folder" }) });
const carried = (types: string[], files: File[]) => ({ types, items: files.map(item), files, dropEffect: "none" });

test("files are chosen, dropped and pasted; text is not", async () => {
  const got: string[] = [];
  const take = (files: File[]): void => void got.push(...files.map((file) => file.name));
  const place = createRef<HTMLDivElement>();
  function Page() {
    usePastedFiles(place, take);
    return (
      <DropTarget onFiles={take}>
        <div ref={place} data-testid="place">
          <AttachButton onFiles={take} />
        </div>
      </DropTarget>
    );
  }
  const { container } = show(<Page />);
  const chosen = container.querySelector<HTMLInputElement>("input[type=file]");
  if (!chosen) throw new Error("no input");
  fireEvent.change(chosen, { target: { files: [new File(["a"], "chosen.txt")] } });
  const target = screen.getByTestId("place");
  const dropped = carried(["Files"], [new File(["b"], "dropped.txt"), new File([], "folder")]);
  fireEvent.dragEnter(target, { dataTransfer: dropped });
  expect(screen.getByText(/Drop files here/)).toBeTruthy();
  fireEvent.drop(target, { dataTransfer: dropped });
  expect(screen.queryByText(/Drop files here/)).toBeNull();
  fireEvent.dragEnter(target, { dataTransfer: carried(["text/plain"], []) });
  expect(screen.queryByText(/Drop files here/)).toBeNull();

  const paste = (types: string[], file: File): boolean => {
    const event = createEvent.paste(target, { clipboardData: carried(types, [file]) });
    fireEvent(target, event);
    return event.defaultPrevented;
  };
  expect(paste(["Files"], new File(["c"], "pasted.png"))).toBe(true);
  expect(paste(["text/plain", "Files"], new File(["d"], "of-a-text.png"))).toBe(false);
  expect(got).toEqual(["chosen.txt", "dropped.txt", "pasted.png"]);
});

function recording(): { recording: Recording; end: (note: VoiceNote | null) => void; discarded: () => boolean } {
  let end: (note: VoiceNote | null) => void = nothing;
  let discarded = false;
  const done = new Promise<VoiceNote | null>((resolve) => {
    end = resolve;
  });
  const now = new Store({ ms: 3_000, level: 0.5 });
  const stop = (): void => end({ blob: new Blob(["sound"]), mediaType: "audio/webm", durationMs: 3_000, waveform: Uint8Array.of(1, 2) });
  const discard = (): void => {
    discarded = true;
    end(null);
  };
  return { recording: { now, done, stop, discard }, end, discarded: () => discarded };
}

test("a voice note is recorded, heard, and sent", async () => {
  const sent: VoiceNote[] = [];
  const { recording: made } = recording();
  show(<VoiceRecorder record={() => Promise.resolve(made)} onSend={(note) => sent.push(note)} />);
  await userEvent.click(button("Record voice note"));
  expect((await screen.findByRole("timer")).textContent).toBe("0:03");
  await userEvent.click(button("Stop recording"));
  expect(await screen.findByRole("button", { name: "Play voice note" })).toBeTruthy();
  await userEvent.click(button("Send voice note"));
  expect(sent).toHaveLength(1);
  expect(button("Record voice note")).toBeTruthy();
});

test("a recording is thrown away by its button, and with its view", async () => {
  const first = recording();
  const { unmount } = show(<VoiceRecorder record={() => Promise.resolve(first.recording)} onSend={() => {}} />);
  await userEvent.click(button("Record voice note"));
  await userEvent.click(await screen.findByRole("button", { name: "Discard voice note" }));
  expect(first.discarded()).toBe(true);
  expect(await screen.findByRole("button", { name: "Record voice note" })).toBeTruthy();
  unmount();
  const second = recording();
  const shown = show(<VoiceRecorder record={() => Promise.resolve(second.recording)} onSend={() => {}} />);
  await userEvent.click(button("Record voice note"));
  await screen.findByRole("timer");
  shown.unmount();
  expect(second.discarded()).toBe(true);
});

test("without a microphone it says what to do", async () => {
  show(<VoiceRecorder record={() => Promise.resolve("voice.denied" as const)} onSend={() => {}} />);
  await userEvent.click(button("Record voice note"));
  expect((await screen.findByRole("alert")).textContent).toContain("microphone");
});
