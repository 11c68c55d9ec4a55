import { expect, test, vi } from "vitest";
import { FakeCore } from "../testing/fake-core";
import { FakePush } from "../testing/fake-push";
import { Client } from "./client";
import { Waking } from "./waking";

async function begin(change: (port: FakePush, core: FakeCore) => void = () => undefined) {
  const core = new FakeCore(true);
  const port = new FakePush();
  change(port, core);
  const client = new Client(core, { getItem: () => null, setItem: () => undefined });
  const waking = new Waking(client, port);
  await vi.waitFor(() => {
    expect(client.session.get().state).not.toBe("starting");
  });
  const told = (): unknown[] => core.sent.filter((command) => command.type === "set_push").map((command) => ("endpoint" in command ? command.endpoint : undefined));
  return { core, port, client, waking, told };
}

test("R55: who allows notices is woken by them, and by the same address until that changes", async () => {
  const { core, port, client, waking, told } = await begin();
  await waking.settled();
  expect(told()).toEqual([port.address]);
  expect(waking.state.get()).toBe("on");
  // The core says what it has to by itself.
  core.tell({ type: "session", session: { ...core.session } as never });
  await waking.settled();
  expect(told()).toHaveLength(1);
  client.preferences.setQuiet(true);
  await waking.settled();
  expect(told()).toEqual([port.address, null]);
  expect({ subscribed: port.subscribed, state: waking.state.get() }).toEqual({ subscribed: false, state: "off" });
});

test("R54: nothing is asked of anybody's push service without a word", async () => {
  for (const change of [
    (port: FakePush) => (port.permitted = false),
    (_: FakePush, core: FakeCore) => (core.session = { state: "signed_out", reason: null }),
  ]) {
    const { port, waking, told } = await begin((port, core) => void change(port, core));
    await waking.settled();
    expect({ told: told(), subscribed: port.subscribed, state: waking.state.get() }).toEqual({ told: [], subscribed: false, state: "off" });
  }
  const { port, client, waking, told } = await begin((port) => (port.permitted = false));
  client.preferences.setNotify("messages", false);
  port.permitted = true;
  waking.look();
  await waking.settled();
  expect(told()).toEqual([]);
  client.preferences.setNotify("messages", true);
  await waking.settled();
  expect(told()).toEqual([port.address]);
});

test("the last of several wishes holds, whatever took how long", async () => {
  const { port, client, waking, told } = await begin();
  client.preferences.setWake(false);
  client.preferences.setWake(true);
  client.preferences.setWake(false);
  await waking.settled();
  expect({ subscribed: port.subscribed, state: waking.state.get() }).toEqual({ subscribed: false, state: "off" });
  expect(told().at(-1) ?? null).toBe(null);
});

test("what does not work is said, and tried again by the next wish", async () => {
  for (const change of [
    (port: FakePush) => (port.broken = true),
    (port: FakePush) => (port.address = null),
    (port: FakePush) => (port.key = null),
  ]) {
    const { waking } = await begin((port) => void change(port));
    await waking.settled();
    expect(waking.state.get()).toBe("unavailable");
  }
  const { core, port, client, waking } = await begin((_, core) => core.answers.set("set_push", { type: "failed", value: { code: "push_refused", params: {} } }));
  await waking.settled();
  expect({ subscribed: port.subscribed, state: waking.state.get() }).toEqual({ subscribed: false, state: "refused" });
  core.answers.delete("set_push");
  client.preferences.setWake(false);
  client.preferences.setWake(true);
  await waking.settled();
  expect(waking.state.get()).toBe("on");
});

test("R55: a locked store is woken as before", async () => {
  const { core, port, waking, told } = await begin();
  await waking.settled();
  core.tell({ type: "session", session: { state: "locked" } });
  await waking.settled();
  expect({ subscribed: port.subscribed, told: told() }).toEqual({ subscribed: true, told: [port.address] });
});

test("who signs out is woken no more", async () => {
  const { core, port, waking } = await begin();
  await waking.settled();
  core.tell({ type: "session", session: { state: "signed_out", reason: null } });
  await waking.settled();
  expect(port.subscribed).toBe(false);
});
