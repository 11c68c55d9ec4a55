import { act, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Reply } from "../../state/core";
import { FakeCore } from "../../testing/fake-core";
import { longHistory } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { RoomPage } from "./room";

async function openLong(count: number) {
  const core = new FakeCore(true);
  core.fill("archive", longHistory(count));
  const shown = show(<RoomPage roomId="archive" />, core);
  await screen.findByText(new RegExp(`^Note ${String(count - 1)} `));
  return shown;
}

/** An answer that a test gives. */
function laterAnswer(): { readonly answered: Promise<Reply>; readonly answer: (reply: Reply) => void } {
  const given: ((reply: Reply) => void)[] = [];
  const answered = new Promise<Reply>((resolve) => given.push(resolve));
  return { answered, answer: (reply) => given[0]?.(reply) };
}

test("what a search finds far back is loaded, shown and has the focus; that it is looked for is said", async () => {
  const { client } = await openLong(2_000);
  client.lookAt("archive", "message-2");
  expect(await screen.findByText("Looking for the message…")).toBeTruthy();
  const found = await waitFor(() => {
    const element = document.querySelector(".message-found");
    if (!element) throw new Error("not found yet");
    // Shown first; then it has the focus, and the search ends.
    expect(document.activeElement).toBe(element);
    expect(screen.queryByText("Looking for the message…")).toBeNull();
    return element;
  });
  expect(found.textContent).toContain("Note 1 ");
});

test("what is not there is said, unless one has left the room meanwhile", async () => {
  const { client, core, again } = await openLong(400);
  const told = (): number => client.board.notices.get().length;
  client.lookAt("archive", "message-of-nowhere");
  await waitFor(() => {
    expect(told()).toBe(1);
  });
  expect(core.sent.filter(({ type }) => type === "load_older")).toHaveLength(6);
  client.board.dismiss(client.board.notices.get()[0]?.id ?? 0);
  // All of it is loaded by now: begun anew, it is not.
  again(<RoomPage roomId="bob" />);
  await screen.findByText("Shall we move it to Thursday?");
  again(<RoomPage roomId="archive" />);
  await screen.findByText(/^Note 399 /);
  const { answer, answered } = laterAnswer();
  core.answers.set("load_older", answered as never);
  client.lookAt("archive", "another-of-nowhere");
  await screen.findByText("Looking for the message…");
  again(<RoomPage roomId="bob" />);
  await screen.findByText("Shall we move it to Thursday?");
  await act(async () => {
    answer({ type: "done" });
    await answered;
    // The search hears of the answer, and of the room's closing, in turns of its own.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  });
  expect(told()).toBe(0);
});
