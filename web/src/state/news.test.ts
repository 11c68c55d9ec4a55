import { expect, test } from "vitest";
import { alice, bob, room } from "../testing/fake-data";
import { kindOfNotice, newsOf, waiting } from "./news";

const plans = room("plans", "Plans", [alice, bob]);

function whatIsNew(before: typeof plans, after: typeof plans): string[] {
  return newsOf([before], [after]).map((news) => news.what);
}

test("new is what was not there before, and nothing of what the page began with", () => {
  expect(newsOf(null, [{ ...plans, unread: 3 }])).toEqual([]);
  expect(whatIsNew(plans, { ...plans, unread: 1 })).toEqual(["messages"]);
  expect(whatIsNew({ ...plans, unread: 2 }, { ...plans, unread: 1 })).toEqual([]);
  expect(newsOf([], [{ ...plans, unread: 1 }])).toHaveLength(1);
});

test("of a muted room one hears only where one is named", () => {
  const muted = { ...plans, muted: true };
  expect(whatIsNew(muted, { ...muted, unread: 1 })).toEqual([]);
  expect(whatIsNew({ ...muted, unread: 1 }, { ...muted, unread: 2, named: true })).toEqual(["named"]);
  expect(waiting([{ ...muted, unread: 4 }, { ...plans, unread: 2 }])).toBe(2);
  expect(waiting([{ ...muted, unread: 4, named: true }])).toBe(4);
});

test("a call is new once, when it begins to ring", () => {
  const call = { started_at: 1, names: ["Bob"], joined: false, elsewhere: false, ring: "incoming" as const };
  expect(whatIsNew(plans, { ...plans, call })).toEqual(["call"]);
  expect(whatIsNew({ ...plans, call }, { ...plans, call })).toEqual([]);
  expect(whatIsNew(plans, { ...plans, call: { ...call, ring: null } })).toEqual([]);
});

test("each notice of the core has its kind", () => {
  expect(kindOfNotice("version_mismatch")).toBe("updates");
  expect(kindOfNotice("room_deleted")).toBe("administration");
  expect(kindOfNotice("act_refused")).toBeNull();
});
