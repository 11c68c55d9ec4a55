import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { FileCard } from "../../core/generated/FileCard";
import { success } from "../../state/outcome";
import { fileCardOf } from "../../testing/fake-files";
import { bob, NOW, room, alice, text } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { RoomList } from "../rooms/room-list";
import { Composer } from "./composer";
import { RoomPage } from "./room";

const design = room("design", "Design", [alice, bob]);
const button = (name: string) => screen.getByRole("button", { name });

beforeEach(() => {
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      readonly #hear: (entries: { isIntersecting: boolean }[]) => void;
      constructor(hear: (entries: { isIntersecting: boolean }[]) => void) {
        this.#hear = hear;
      }
      observe(): void {
        this.#hear([{ isIntersecting: true }]);
      }
      disconnect(): void {}
    },
  );
});

const input = () => document.querySelector<HTMLInputElement>(".composer input[type=file]") as HTMLInputElement;
const pdf = (name = "plan.pdf") => new File(["%PDF"], name, { type: "application/pdf" });

function message(order: number, card: FileCard, words = "") {
  return text(order, bob, NOW, "", { body: { type: "file", file: card, text: words } });
}

async function openRoom() {
  const shown = show(<RoomPage roomId="design" />);
  await screen.findByText("Thank you, looking now.");
  return shown;
}

test("a name that hides what a file is shows as the others will see it", async () => {
  show(<Composer room={design} title="Design" />);
  await userEvent.upload(input(), pdf("bill\u202egnp.exe"));
  expect(screen.getByText("bill_gnp.exe")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Remove bill_gnp.exe" })).toBeTruthy();
});

test("files are chosen, looked over, and sent with what was written", async () => {
  const { core, files } = show(<Composer room={design} title="Design" />);
  await userEvent.upload(input(), [pdf(), pdf("old.pdf"), new File(["PK"], "third.zip", { type: "application/zip" })]);
  const tray = within(screen.getByRole("group", { name: "Files to send" }));
  await userEvent.click(tray.getByRole("button", { name: "Remove old.pdf" }));
  await userEvent.click(tray.getByRole("switch", { name: "Others may save them" }));
  expect(tray.getByText(/cannot be looked at inside the app/)).toBeTruthy();
  await userEvent.type(screen.getByRole("textbox", { name: "Message" }), "Two plans{Enter}");
  expect(screen.queryByRole("group", { name: "Files to send" })).toBeNull();
  await waitFor(() => expect(files.fake.uploads).toHaveLength(2));
  for (const upload of files.fake.uploads) await upload.finish();
  const said = () => core.sent.flatMap((command) => (command.type === "send_file" ? [[command.file.name, command.text, command.file.may_save]] : []));
  await waitFor(() => expect(said()).toHaveLength(2));
  expect(said()).toEqual([
    ["plan.pdf", "Two plans", false],
    ["third.zip", "", false],
  ]);
  expect(core.sent.some(({ type }) => type === "send_text")).toBe(false);
});

test("a PDF can be looked at inside the app, so that others have something of it", async () => {
  show(<Composer room={design} title="Design" />);
  await userEvent.upload(input(), [pdf()]);
  const tray = within(screen.getByRole("group", { name: "Files to send" }));
  await userEvent.click(tray.getByRole("switch", { name: "Others may save them" }));
  expect(tray.queryByText(/cannot be looked at inside the app/)).toBeNull();
});

test("R44 the room's time is the file's, where nobody chose a shorter one", async () => {
  const { files } = show(<Composer room={{ ...design, ttl_ms: 60_000 }} title="Design" />);
  const before = Date.now();
  await userEvent.upload(input(), pdf());
  await userEvent.click(button("Send"));
  await waitFor(() => expect(files.fake.uploads).toHaveLength(1));
  const expiresAt = files.fake.uploads[0]?.wish.expiresAt ?? 0;
  expect(expiresAt - before).toBeGreaterThanOrEqual(60_000);
  expect(expiresAt - before).toBeLessThan(90_000);
});

test("what is pasted is put with the files, and a file alone can be sent", async () => {
  show(<Composer room={design} title="Design" />);
  await userEvent.click(screen.getByRole("textbox", { name: "Message" }));
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send" }).disabled).toBe(true);
  const data = { types: ["Files"], files: [pdf("pasted.pdf")], items: [] };
  act(() => {
    const event = new Event("paste", { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: data });
    screen.getByRole("textbox", { name: "Message" }).dispatchEvent(event);
  });
  expect(screen.getByText("pasted.pdf")).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Send" }).disabled).toBe(false);
});

test("an upload shows how far it is, can be cancelled, and says why it stopped", async () => {
  const { files } = await openRoom();
  await userEvent.upload(input(), pdf());
  await userEvent.click(button("Send"));
  const list = within(await screen.findByRole("list", { name: "Files on their way" }));
  expect(list.getByRole("progressbar", { name: "Sending plan.pdf" })).toBeTruthy();
  act(() => files.fake.uploads[0]?.progress.set({ done: 0, total: 4, state: "waiting" }));
  expect(list.getByText(/goes on by itself/)).toBeTruthy();
  act(() => files.fake.uploads[0]?.fail("quota_exceeded"));
  expect((await list.findByRole("alert")).textContent).toContain("fill the space");
  await userEvent.click(list.getByRole("button", { name: "Try again" }));
  expect(files.fake.uploads).toHaveLength(2);
  await userEvent.click(list.getByRole("button", { name: "Cancel plan.pdf" }));
  expect(screen.queryByRole("list", { name: "Files on their way" })).toBeNull();
  expect(files.fake.uploads[1]?.cancelled).toBe(true);
});

test("R45 a picture shows from memory with its words, and goes from there with its message", async () => {
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  const { core, files } = await openRoom();
  const sent = message(20_000, fileCardOf("beach.png", "image/png", { may_save: false }), "At *last*");
  act(() => core.receive("design", sent));
  await screen.findByText("last");
  await waitFor(() => expect(files.fake.downloads).toHaveLength(1));
  act(() => files.fake.downloads[0]?.end(success(new Blob(["png"], { type: "image/png" }))));
  const shown = await screen.findByRole<HTMLImageElement>("img", { name: "Picture beach.png" });
  expect(shown.src).toMatch(/^blob:/);
  expect(screen.queryByRole("button", { name: "Save beach.png" })).toBeNull();
  const { src } = shown;
  act(() => core.end("design", sent.message_id));
  await waitFor(() => expect(screen.queryByRole("img", { name: "Picture beach.png" })).toBeNull());
  expect(revoked).toHaveBeenCalledWith(src);
});

test("a picture that changes in other ways is not fetched again", async () => {
  const { core, files } = await openRoom();
  const sent = message(20_000, fileCardOf("beach.png", "image/png"));
  act(() => core.receive("design", sent));
  await waitFor(() => expect(files.fake.downloads).toHaveLength(1));
  act(() => files.fake.downloads[0]?.end(success(new Blob(["png"], { type: "image/png" }))));
  await screen.findByRole("img", { name: "Picture beach.png" });
  act(() => core.receive("design", { ...sent, reactions: [{ emoji: "👍", names: ["Bob"], mine: false }], body: { type: "file", file: fileCardOf("beach.png", "image/png"), text: "" } }));
  await screen.findByRole("button", { name: "👍, Bob" });
  expect(files.fake.downloads).toHaveLength(1);
  expect(screen.getByRole("img", { name: "Picture beach.png" })).toBeTruthy();
});

test("a file that was described badly says so", async () => {
  const { core } = await openRoom();
  act(() => core.receive("design", text(20_000, bob, NOW, "", { body: { type: "broken_file" } })));
  expect(await screen.findByText(/Ask Bob Okafor to send it again/)).toBeTruthy();
});

test("files have words where they are answered, and in the list of rooms", async () => {
  const { core, client } = show(
    <>
      <RoomList current={null} />
      <Composer room={design} title="Design" />
    </>,
  );
  await screen.findByText("Design review");
  core.rooms = core.rooms.map((each) => (each.room_id === "bob" ? { ...each, preview: "", preview_file: { kind: "voice_note", name: "Voice note.webm" } } : each));
  act(() => core.tell({ type: "rooms", rooms: core.rooms }));
  expect(await screen.findByText("Voice note")).toBeTruthy();
  act(() => client.writings.answer("design", message(1, fileCardOf("beach.png", "image/png"), "At last")));
  expect(await screen.findByText("Photo: At last")).toBeTruthy();
});
