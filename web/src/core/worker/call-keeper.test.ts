import { beforeEach, expect, test, vi } from "vitest";
import type { CallView } from "../generated/CallView";
import type { Event } from "../generated/Event";
import { CallKeeper, ENTER_AGAIN } from "./call-keeper";

const call = { room_id: "room", phase: "joined" } as CallView;
const online = { type: "session", session: { state: "signed_in", connection: "online" } } as Event;
const ended: Event = { type: "call", call: null };

let heard: Event[];
let entered: string[];
let keeper: CallKeeper;

beforeEach(() => {
  heard = [];
  entered = [];
  keeper = new CallKeeper((event) => heard.push(event), (room) => entered.push(room));
});

const phases = (): (string | null)[] => heard.flatMap((event) => (event.type === "call" ? [event.call?.phase ?? null] : []));
const failed = (code: string): Event => ({ type: "reply", id: ENTER_AGAIN, reply: { type: "failed", value: { code, params: {} } } });
const done: Event = { type: "reply", id: ENTER_AGAIN, reply: { type: "call_entered", value: { ice_servers: [], constant_bitrate: false } } };

test("a call goes on with the next leader, and the page hears of no end", () => {
  keeper.hear({ type: "call", call });
  keeper.moved();
  keeper.hear(ended);
  keeper.hear(online);
  keeper.hear({ type: "call", call: { ...call, phase: "joining" } });
  keeper.hear(done);
  keeper.hear({ type: "call", call });
  expect(entered).toEqual(["room"]);
  expect(phases()).toEqual(["joined", "reconnecting", "joining", "joined"]);
  keeper.hear(ended);
  expect(phases().at(-1)).toBeNull();
});

test("a device that is not ready yet is asked again", () => {
  keeper.hear({ type: "call", call });
  keeper.moved();
  keeper.hear(online);
  keeper.hear(failed("not_ready"));
  keeper.hear({ type: "rooms", rooms: [] });
  keeper.hear(done);
  expect(entered).toEqual(["room", "room"]);
});

test("a call that lets one in no more is over", () => {
  keeper.hear({ type: "call", call });
  keeper.moved();
  keeper.hear(online);
  keeper.hear(failed("room_gone"));
  expect(phases()).toEqual(["joined", "reconnecting", null]);
});

test("a leader that never comes online ends the call", () => {
  vi.useFakeTimers();
  keeper.hear({ type: "call", call });
  keeper.moved();
  vi.runAllTimers();
  vi.useRealTimers();
  expect(phases().at(-1)).toBeNull();
  keeper.hear(online);
  expect(entered).toEqual([]);
});

test("who is in no call, or left it, enters none", () => {
  keeper.moved();
  keeper.hear(online);
  keeper.hear({ type: "call", call });
  keeper.leave();
  keeper.moved();
  keeper.hear(online);
  expect(entered).toEqual([]);
});
