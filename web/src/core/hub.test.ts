import { beforeEach, expect, test } from "vitest";
import type { CallView } from "./generated/CallView";
import type { Command } from "./generated/Command";
import type { Event } from "./generated/Event";
import type { Reply } from "./generated/Reply";
import { Hub, type Tab } from "./hub";
import { end } from "./media-updates.mjs";

interface Recorder extends Tab {
  events: Event[];
  updates: number[][];
}

let sent: [number, Command][];
let hub: Hub;

function tab(id: string): Recorder {
  const events: Event[] = [];
  const updates: number[][] = [];
  return {
    id,
    events,
    updates,
    event: (event) => events.push(event),
    media: (update) => updates.push([...update]),
  };
}

function joined(id: string): Recorder {
  const recorder = tab(id);
  hub.join(recorder);
  recorder.events.length = 0;
  return recorder;
}

/** A media update, which the hub does not read. */
const KEY = [7, 8, 9];

/** `MediaUpdate::End`; see media-updates.test.ts. */
const END = [...end()];

const signedOut: Event = { type: "session", session: { state: "signed_out", reason: null } };
const entered: Reply = { type: "call_entered", value: { ice_servers: [], constant_bitrate: false } };
const messages: Event = { type: "messages", room_id: "r", reset: true, messages: [], removed: [], has_older: false };

beforeEach(() => {
  sent = [];
  hub = new Hub((id, command) => sent.push([id, command]));
});

test("an answer goes to the tab that asked, under the id that it chose", () => {
  const [first, second] = [joined("1"), joined("2")];
  hub.command("1", 7, { type: "list_devices" });
  hub.command("2", 7, { type: "list_devices" });
  hub.event({ type: "reply", id: sent[1]?.[0] ?? 0, reply: { type: "done" } });
  expect(first.events).toEqual([]);
  expect(second.events).toEqual([{ type: "reply", id: 7, reply: { type: "done" } }]);
});

test("a tab that comes later learns the present state", () => {
  hub.event(signedOut);
  const late = tab("1");
  hub.join(late);
  expect(late.events).toContainEqual(signedOut);
});

test("messages, and who is typing, go to who shows the room", () => {
  const [first, second] = [joined("1"), joined("2")];
  hub.command("1", 1, { type: "open_room", room_id: "r" });
  hub.event(messages);
  const typing: Event = { type: "typing", room_id: "r", names: ["Bob"] };
  hub.event(typing);
  expect(first.events).toEqual([messages, typing]);
  expect(second.events).toEqual([]);
});

test("a room stays open until its last viewer closes it, or is gone", () => {
  const first = joined("1");
  joined("2");
  joined("3");
  for (const id of ["1", "2", "3"]) hub.command(id, 1, { type: "open_room", room_id: "r" });
  sent.length = 0;
  hub.command("1", 2, { type: "close_room", room_id: "r" });
  expect(sent).toEqual([]);
  expect(first.events).toContainEqual({ type: "reply", id: 2, reply: { type: "done" } });
  hub.leave("2");
  expect(sent).toEqual([]);
  hub.leave("3");
  expect(sent.map(([, command]) => command)).toEqual([{ type: "close_room", room_id: "r" }]);
});

test("keys go to the tab of the call alone, and are wiped when there is none", () => {
  const [first, second] = [joined("1"), joined("2")];
  const early = Uint8Array.from(KEY);
  hub.media(early);
  expect([...early]).toEqual([0, 0, 0]);
  hub.command("2", 1, { type: "join_call", room_id: "r" });
  hub.media(Uint8Array.from(KEY));
  expect(first.updates).toEqual([]);
  expect(second.updates).toEqual([KEY]);
});

test("a call that is joined in another tab ends in the first", () => {
  const [first, second] = [joined("1"), joined("2")];
  hub.command("1", 1, { type: "join_call", room_id: "r" });
  hub.command("2", 1, { type: "join_call", room_id: "r" });
  expect(first.events).toContainEqual({ type: "call", call: null });
  expect(first.updates).toEqual([END]);
  hub.command("1", 2, { type: "set_media", microphone: true, camera: true, screen: false, hand: false });
  expect(first.events.at(-1)).toMatchObject({ reply: { type: "failed", value: { code: "call_gone" } } });
  hub.command("1", 3, { type: "leave_call" });
  expect(sent.map(([, command]) => command.type)).toEqual(["join_call", "join_call"]);
  expect(second.events).toEqual([]);
});

test("the end of the former call does not end the one that another tab is joining", () => {
  const [first, second] = [joined("1"), joined("2")];
  const call = { type: "call", call: { room_id: "r" } as CallView } as const;
  hub.command("1", 1, { type: "join_call", room_id: "r" });
  hub.event({ type: "reply", id: 1, reply: entered });
  hub.event(call);
  hub.command("2", 1, { type: "join_call", room_id: "r" });
  first.events.length = 0;
  hub.event({ type: "call", call: null });
  hub.event(call);
  hub.event({ type: "reply", id: 2, reply: entered });
  expect(second.events).toEqual([call, { type: "reply", id: 1, reply: entered }]);
  expect(first.events).toEqual([]);
  hub.event({ type: "call", call: null });
  expect(second.events.at(-1)).toEqual({ type: "call", call: null });
});

test("what is said in a call goes to its tab alone, and only that one speaks", () => {
  const [first, second] = [joined("1"), joined("2")];
  hub.command("2", 1, { type: "join_call", room_id: "r" });
  const events: Event[] = [
    { type: "call_messages", reset: true, messages: [] },
    { type: "call_reaction", leaf: 1, reaction: "like" },
    { type: "call_ask", name: "Bob", ask: "mute" },
  ];
  for (const event of events) hub.event(event);
  expect(second.events).toEqual(events);
  expect(first.events).toEqual([]);
  sent.length = 0;
  hub.command("1", 2, { type: "say_in_call", text: "hello" });
  hub.command("1", 3, { type: "react", reaction: "like" });
  hub.command("1", 4, { type: "ask_participant", leaf: null, ask: "mute" });
  expect(sent).toEqual([]);
  expect(first.events).toHaveLength(3);
});

test("a tab that is gone leaves its call", () => {
  joined("1");
  hub.command("1", 1, { type: "join_call", room_id: "r" });
  hub.leave("1");
  expect(sent.at(-1)?.[1]).toEqual({ type: "leave_call" });
});

test("when the core is lost, everything open fails and the call is over", () => {
  const first = joined("1");
  hub.command("1", 1, { type: "join_call", room_id: "r" });
  hub.command("1", 2, { type: "list_devices" });
  hub.lost("not_ready");
  expect(first.events.filter(({ type }) => type === "reply")).toHaveLength(2);
  expect(first.events).toContainEqual({ type: "call", call: null });
  expect(first.updates).toEqual([END]);
});

test("R47: every tab hears whether the store has a lock, also one that comes later", () => {
  const first = joined("a");
  hub.event({ type: "store_lock", on: true });
  const second = tab("b");
  hub.join(second);
  for (const { events } of [first, second]) expect(events).toContainEqual({ type: "store_lock", on: true });
});

test("a pairing is one tab's, and ends where another begins one, or the tab is gone", () => {
  const [one, other] = [joined("1"), joined("2")];
  const code: Event = { type: "pairing", pairing: { state: "code", code: "K7Q2-9MXP", expires_at: 1 } };
  const over: Event = { type: "pairing", pairing: { state: "failed", failure: { code: "pairing_over", params: {} } } };
  const none: Event = { type: "pairing", pairing: null };
  const answer = (reply: Reply): void => hub.event({ type: "reply", id: sent.at(-1)?.[0] ?? 0, reply });
  hub.command("1", 1, { type: "open_pairing" });
  answer({ type: "done" });
  hub.event(code);
  expect(one.events.at(-1)).toEqual(code);
  expect(other.events).toEqual([]);
  // Neither ended nor confirmed by a tab that does not show it.
  hub.command("2", 1, { type: "end_pairing" });
  hub.command("2", 2, { type: "admit_paired", password: "secret" });
  expect(other.events).toEqual([
    { type: "reply", id: 1, reply: { type: "done" } },
    { type: "reply", id: 2, reply: { type: "failed", value: { code: "pairing_over", params: {} } } },
  ]);
  expect(sent).toHaveLength(1);
  // What the core refuses takes nothing from the first.
  hub.command("2", 3, { type: "enter_pairing", code: "wrong" });
  answer({ type: "failed", value: { code: "pairing_code_malformed", params: {} } });
  hub.event(code);
  expect(one.events.at(-1)).toEqual(code);
  hub.command("2", 4, { type: "open_pairing" });
  hub.event(over);
  expect(one.events.at(-1)).toEqual(over);
  answer({ type: "done" });
  hub.event(code);
  expect(other.events.at(-1)).toEqual(code);
  hub.leave("1");
  expect(sent).toHaveLength(3);
  hub.leave("2");
  expect(sent.at(-1)?.[1]).toEqual({ type: "end_pairing" });

  const third = joined("3");
  hub.command("3", 1, { type: "enter_pairing", code: "K7Q2-9MXP" });
  answer({ type: "done" });
  hub.lost("core_failed");
  expect(third.events.at(-1)).toEqual(none);
  // A tab that comes to another hub learns that what it shows is over.
  const late = tab("4");
  hub.join(late);
  expect(late.events).toContainEqual(none);
});
