import { expect, test, vi } from "vitest";
import { WorkerCoreClient, type CoreEvent, type WorkerLike } from "./client";
import type { Event as CoreSays } from "./generated/Event";
import type { FromTab, ToTab } from "./wire";

class FakeWorker implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  onerror: WorkerLike["onerror"] = null;
  readonly sent: FromTab[] = [];
  terminated = false;
  terminate(): void {
    this.terminated = true;
  }
  postMessage(message: FromTab): void {
    this.sent.push(message);
  }
  tell(event: CoreSays): void {
    const data: ToTab = { type: "event", event };
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}

function setUp(): { worker: FakeWorker; workers: FakeWorker[]; client: WorkerCoreClient } {
  const worker = new FakeWorker();
  const workers: FakeWorker[] = [];
  const spawn = () => {
    const next = workers.length === 0 ? worker : new FakeWorker();
    workers.push(next);
    return next;
  };
  return { worker, workers, client: new WorkerCoreClient(spawn) };
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

const failed = { type: "failed", value: { code: "core_failed", params: {} } };

test("a core that stops after a while is started anew, and what was open fails", async () => {
  const now = vi.spyOn(Date, "now").mockReturnValue(0);
  const { worker, workers, client } = setUp();
  const heard: CoreEvent[] = [];
  client.onEvent((event) => heard.push(event));
  worker.tell({ type: "call", call: null });
  heard.length = 0;
  const open = client.send({ type: "list_devices" });
  now.mockReturnValue(60_000);
  worker.onmessage?.(new MessageEvent("message", { data: { type: "stopped", locked: false } }));
  expect(await open).toEqual(failed);
  expect(worker.terminated).toBe(true);
  expect(heard).toEqual([{ type: "call", call: null }]);
  const again = client.send({ type: "list_devices" });
  workers[1]?.tell({ type: "reply", id: 2, reply: { type: "devices", value: [] } });
  expect(await again).toEqual({ type: "devices", value: [] });
});

test("a core that stops at once is given up, and commands fail instead of waiting for ever", async () => {
  const { worker, workers, client } = setUp();
  const heard: CoreEvent[] = [];
  client.onEvent((event) => heard.push(event));
  worker.onerror?.(new Event("error") as ErrorEvent);
  expect(workers).toHaveLength(1);
  expect(heard).toEqual([{ type: "session", session: { state: "signed_out", reason: "core_failed" } }]);
  expect(await client.send({ type: "sign_out" })).toEqual(failed);
});
