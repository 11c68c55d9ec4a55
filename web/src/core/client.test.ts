import { expect, test } from "vitest";
import { WorkerCoreClient, type CoreEvent, type WorkerLike } from "./client";
import type { Event as CoreSays } from "./generated/Event";
import type { FromTab, ToTab } from "./wire";

class FakeWorker implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  onerror: WorkerLike["onerror"] = null;
  readonly sent: FromTab[] = [];
  postMessage(message: FromTab): void {
    this.sent.push(message);
  }
  tell(event: CoreSays): void {
    const data: ToTab = { type: "event", event };
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}

function setUp(): { worker: FakeWorker; client: WorkerCoreClient } {
  const worker = new FakeWorker();
  return { worker, client: new WorkerCoreClient(worker) };
}

const rooms: CoreSays = { type: "rooms", rooms: [] };

test("each command gets its own answer", async () => {
  const { worker, client } = setUp();
  const [first, second] = [client.send({ type: "list_devices" }), client.send({ type: "sign_out" })];
  worker.tell({ type: "reply", id: 2, reply: { type: "done" } });
  worker.tell({ type: "reply", id: 1, reply: { type: "devices", value: [] } });
  expect(await first).toEqual({ type: "devices", value: [] });
  expect(await second).toEqual({ type: "done" });
});

test("who begins to listen gets the newest state, after the call returns", async () => {
  const { worker, client } = setUp();
  worker.tell({ type: "session", session: { state: "signed_out", reason: null } });
  worker.tell(rooms);
  const heard: CoreEvent[] = [];
  client.onEvent((event) => heard.push(event));
  expect(heard).toEqual([]);
  await Promise.resolve();
  expect(heard.map(({ type }) => type)).toEqual(["session", "rooms"]);
});

test("a state that changes meanwhile is told once", async () => {
  const { worker, client } = setUp();
  worker.tell(rooms);
  const heard: CoreEvent[] = [];
  client.onEvent((event) => heard.push(event));
  worker.tell({ type: "rooms", rooms: [] });
  await Promise.resolve();
  expect(heard).toHaveLength(1);
});

test("who stopped listening hears nothing", async () => {
  const { worker, client } = setUp();
  worker.tell(rooms);
  const heard: CoreEvent[] = [];
  client.onEvent((event) => heard.push(event))();
  await Promise.resolve();
  worker.tell(rooms);
  expect(heard).toEqual([]);
});

test("when the worker dies, commands fail instead of waiting for ever", async () => {
  const { worker, client } = setUp();
  const open = client.send({ type: "list_devices" });
  worker.onerror?.(new Event("error") as ErrorEvent);
  const failed = { type: "failed", value: { code: "not_ready", params: {} } };
  expect(await open).toEqual(failed);
  expect(await client.send({ type: "sign_out" })).toEqual(failed);
});
