import { expect, test } from "vitest";
import { FakeCore } from "../testing/fake-core";
import { alice, NOW, text } from "../testing/fake-data";
import { Client } from "./client";

const memory = { getItem: () => null, setItem: () => undefined };
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("the state follows the core's events", async () => {
  const core = new FakeCore(true);
  const client = new Client(core, memory);
  expect(client.session.get().state).toBe("starting");
  expect(client.rooms.get()).toBeNull();
  await settled();
  expect(client.session.get()).toMatchObject({ state: "signed_in", me: alice });
  expect(client.rooms.get()).toEqual(core.rooms.filter((room) => room.kind !== "own"));
});

test("an open room shows each message once, in the order of the log, and forgets all when it is closed", async () => {
  const core = new FakeCore(true);
  const client = new Client(core, memory);
  await settled();
  const close = client.openRoom("design");
  await settled();
  const tell = (reset: boolean, ...orders: number[]) => {
    const messages = orders.map((order) => text(order, alice, NOW, `text ${String(order)}`));
    core.tell({ type: "messages", room_id: "design", reset, messages, removed: [], has_older: false });
  };
  const orders = () => client.conversation("design").get().messages.map(({ order }) => order);
  tell(true, 5, 9);
  tell(false, 7);
  tell(false, 9, 3);
  expect(orders()).toEqual([3, 5, 7, 9]);
  close();
  expect(orders()).toEqual([]);
});

test("signing out leaves nothing of the person behind", async () => {
  const core = new FakeCore(true);
  const client = new Client(core, memory);
  await settled();
  client.drafts.set("design", "half a sentence");
  core.setCall({ call_id: "c" } as never);
  core.notice({ code: "room_ended", params: { room: "Design" } });
  client.board.announce(() => "Bob joined");
  await client.commands.signOut();
  expect(client.session.get().state).toBe("signed_out");
  expect(client.rooms.get()).toBeNull();
  expect(client.call.get()).toBeNull();
  expect(client.drafts.get("design", "")).toBe("");
  expect(client.board.notices.get()).toEqual([]);
  expect(client.board.announcement.get()).toBeNull();
});

test("what is at stake interrupts, the rest is told politely", async () => {
  const core = new FakeCore(true);
  const client = new Client(core, memory);
  await settled();
  core.notice({ code: "rolled_back", params: {} });
  core.notice({ code: "version_mismatch", params: {} });
  expect(client.board.notices.get().map(({ urgency }) => urgency)).toEqual(["alert", "status"]);
});
