import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { IdCamera, IdRecording, IdVideo, OpenIdCamera } from "../../media/id-video";
import { Store } from "../../state/observable";
import { FakeCore, someVideo } from "../../testing/fake-core";
import { bob, carol, dan } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { failure, success } from "../../state/outcome";
import { RoomPage } from "../room/room";
import { ContactDialog } from "./contact-dialog";
import { RecordIdVideo } from "./record-id-video";
import { Unwanted } from "./unwanted";

const nothing = (): void => undefined;

/** A video of ten seconds, of which this was played. */
function playTo(video: HTMLVideoElement, pieces: readonly (readonly [number, number])[]): void {
  const played = { length: pieces.length, start: (index: number) => pieces[index]?.[0] ?? 0, end: (index: number) => pieces[index]?.[1] ?? 0 };
  for (const [name, value] of Object.entries({ played, currentTime: 10 })) Object.defineProperty(video, name, { configurable: true, get: () => value });
  act(() => {
    video.dispatchEvent(new Event("ended"));
  });
}

async function watching(core = new FakeCore(true)) {
  const user = userEvent.setup();
  const shown = show(<ContactDialog userId={carol.user_id} name={carol.name} onClose={nothing} />, core);
  await user.click(await screen.findByRole("button", { name: "Watch ID video" }));
  const accept = await screen.findByRole<HTMLButtonElement>("button", { name: "They are who they say" });
  return { ...shown, user, accept };
}

test("B1, R29: who watched the video to its end may say who it is, and sees the words that it has to have", async () => {
  const { accept, core, files, user } = await watching();
  expect(accept.disabled).toBe(true);
  act(() => files.fake.downloads[0]?.end(success(new Blob(["video"]))));
  const video = await screen.findByLabelText<HTMLVideoElement>(`Video of ${carol.name}`);
  const words = screen.getByRole("list", { name: "Words" });
  expect(within(words).getAllByRole("listitem").map((word) => word.textContent)).toEqual(["wire", "leg", "toward", "smooth", "inflict", "puppy"]);
  expect(accept.disabled).toBe(true);
  playTo(video, [
    [0, 1],
    [9, 10],
  ]);
  expect(accept.disabled).toBe(true);
  playTo(video, [[0, 10]]);
  expect(accept.disabled).toBe(false);
  await user.click(accept);
  const contact = { user_id: carol.user_id, fingerprint: carol.fingerprint, blob_id: someVideo("carol").file.blob_id };
  expect(core.sent).toContainEqual({ type: "judge_contact", contact, judgement: "video" });
  await screen.findByText(`You verified ${carol.name} by ID video.`, { exact: false });
});

test("R32: a video that came by another key proves nothing, however often it is watched", async () => {
  const core = new FakeCore(true);
  core.videos.set(carol.user_id, someVideo("carol", { of_key: false }));
  const { accept, files } = await watching(core);
  act(() => files.fake.downloads[0]?.end(success(new Blob(["video"]))));
  playTo(await screen.findByLabelText<HTMLVideoElement>(`Video of ${carol.name}`), [[0, 10]]);
  expect(accept.disabled).toBe(true);
  screen.getByText("It says nothing about the present one", { exact: false });
});

test("R31: of a video that was replaced one is told so, and the next one shows by itself", async () => {
  const { core, files } = await watching();
  act(() => files.fake.downloads[0]?.end(failure("file_expired")));
  await screen.findByText("The newer one is on its way", { exact: false });
  const newer = someVideo("carol");
  core.videos.set(carol.user_id, { ...newer, file: { ...newer.file, blob_id: "newer" } });
  act(() => core.tell({ type: "contacts_changed" }));
  await vi.waitFor(() => {
    expect(files.fake.downloads[1]?.file.blobId).toBe("newer");
  });
});

test("a video that does not come can be asked for again", async () => {
  const { files, user } = await watching();
  act(() => files.fake.downloads[0]?.end(failure("offline")));
  expect((await screen.findByRole("alert")).textContent).toContain("no connection");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(files.fake.downloads).toHaveLength(2);
});

test("R27: keys can be compared in person, and what differs is declined", async () => {
  const user = userEvent.setup();
  const { core } = show(<ContactDialog userId={carol.user_id} name={carol.name} onClose={nothing} />);
  await user.click(await screen.findByRole("button", { name: "Verify" }));
  screen.getByRole("img", { name: "QR code of the identity key" });
  await screen.findByText("inflict");
  await user.click(screen.getByRole("button", { name: "They differ" }));
  expect(core.sent.at(-2)).toMatchObject({ type: "judge_contact", judgement: "declined" });
  await screen.findByRole("button", { name: "Allow again" });
  expect(screen.queryByRole("button", { name: "Watch ID video" })).toBeNull();
});

test("R32: a changed identity interrupts, and is verified, blocked, or taken as it is", async () => {
  const core = new FakeCore(true);
  show(<ContactDialog userId={dan.user_id} name={dan.name} onClose={nothing} />, core);
  await screen.findByText("What you said of", { exact: false });
  for (const name of ["Verify", "Block", "Continue without verifying"]) expect(screen.getByRole<HTMLButtonElement>("button", { name }).disabled).toBe(false);
});

test("R26, R29: where nothing passes there is a reason in the place of the composer, and no call", async () => {
  const core = new FakeCore(true);
  core.rooms = core.rooms.map((room) => (room.room_id === "bob" ? { ...room, refusal: "verify_first" } : room));
  show(<RoomPage roomId="bob" />, core);
  await screen.findByText(`Your network asks you to verify ${bob.name}`, { exact: false });
  expect(screen.queryByRole("textbox", { name: "Message" })).toBeNull();
  expect(screen.queryByRole("button", { name: /call/iu })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: `Verify ${bob.name}` }));
  await screen.findByRole("dialog", { name: "Contact" });
});

test("R29: who was declined or blocked stands in a list, and can be allowed again", async () => {
  const core = new FakeCore(true);
  show(<Unwanted />, core);
  await screen.findByText("Nobody.", { exact: false });
  act(() => core.judge(carol.user_id, "blocked"));
  await userEvent.click(await screen.findByRole("button", { name: `Allow again: ${carol.name}` }));
  expect(core.sent).toContainEqual({ type: "judge_contact", contact: { user_id: carol.user_id, fingerprint: carol.fingerprint }, judgement: "open" });
  await screen.findByText("Nobody.", { exact: false });
});

test("that the list of who was declined could not be had is said, and can be asked for again", async () => {
  const core = new FakeCore(true);
  core.answers.set("list_contacts", { type: "failed", value: { code: "unavailable", params: {} } });
  show(<Unwanted />, core);
  await screen.findByRole("alert");
  core.answers.delete("list_contacts");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("Nobody.", { exact: false });
  expect(screen.queryByRole("alert")).toBeNull();
});

/** A camera without a camera. */
class PaintedCamera implements IdCamera {
  readonly stream = new MediaStream();
  readonly ms = new Store(0);
  closed = 0;
  asked = 0;
  end: (video: IdVideo | null) => void = nothing;

  record(maxMs: number): IdRecording {
    this.asked = maxMs;
    const done = new Promise<IdVideo | null>((resolve) => {
      this.end = resolve;
    });
    return { ms: this.ms, stop: () => this.end({ blob: new Blob(["recorded"], { type: "video/webm" }), mediaType: "video/webm", durationMs: 4_000 }), done };
  }

  close(): void {
    this.closed += 1;
  }
}

test("R28: an ID video is counted down to, limited, looked at, taken again, and used", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime.bind(vi) });
  const cameras: PaintedCamera[] = [];
  const open: OpenIdCamera = () => {
    const camera = new PaintedCamera();
    cameras.push(camera);
    return Promise.resolve(camera);
  };
  const closed = vi.fn<() => void>();
  const { core, files } = show(<RecordIdVideo open={open} onClose={closed} />);
  const record = async (): Promise<void> => {
    await user.click(await screen.findByRole("button", { name: "Start recording" }));
    screen.getByText("Recording starts in 3");
    for (let second = 0; second < 3; second += 1) await act(() => vi.advanceTimersByTimeAsync(1_000));
    await user.click(screen.getByRole("button", { name: "Stop recording" }));
  };
  await screen.findByText("inflict");
  await record();
  expect(cameras[0]?.asked).toBe(20_000);
  await screen.findByLabelText("Your recording");
  expect(cameras[0]?.closed).toBe(1);
  await user.click(screen.getByRole("button", { name: "Record again" }));
  await record();
  await user.click(await screen.findByRole("button", { name: "Use this video" }));
  expect(files.fake.uploads[0]?.wish.roomId).toBe("own");
  await act(async () => files.fake.uploads[0]?.finish());
  await vi.waitFor(() => {
    expect(closed).toHaveBeenCalledOnce();
  });
  const shown = core.sent.find(({ type }) => type === "show_id_video");
  expect(shown).toMatchObject({ day: 20_781, file: { media_type: "video/webm", duration_ms: 4_000, may_save: false } });
  vi.useRealTimers();
});

const noCamera: OpenIdCamera = () => Promise.resolve({ code: "no_device", device: "camera" });

test("R28: without a camera it says so, and what else there is", async () => {
  show(<RecordIdVideo open={noCamera} onClose={nothing} />);
  await screen.findByText("No camera was found");
  screen.getByText("contacts can verify you in person", { exact: false });
  expect(screen.queryByRole("button", { name: "Start recording" })).toBeNull();
});

test("a video that cannot be sent stays, to be tried again", async () => {
  const camera = new PaintedCamera();
  const open: OpenIdCamera = () => Promise.resolve(camera);
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime.bind(vi) });
  const { files } = show(<RecordIdVideo open={open} onClose={nothing} />);
  await user.click(await screen.findByRole("button", { name: "Start recording" }));
  for (let second = 0; second < 3; second += 1) await act(() => vi.advanceTimersByTimeAsync(1_000));
  await user.click(screen.getByRole("button", { name: "Stop recording" }));
  await user.click(await screen.findByRole("button", { name: "Use this video" }));
  await act(async () => files.fake.uploads[0]?.fail("storage_full"));
  expect((await screen.findByRole("alert")).textContent).toContain("no space");
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Use this video" }).disabled).toBe(false);
  vi.useRealTimers();
});
