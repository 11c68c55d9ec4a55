import { expect, test } from "vitest";
import { someCall } from "../testing/fake-core";
import { alice, bob, carol, participant } from "../testing/fake-data";
import { callChanges } from "./call-changes";

const call = someCall("design");
const short = (before: typeof call | null, after: typeof call | null) =>
  callChanges(before, after).map(({ what, names }) => [what, names.join()].filter(Boolean));

test("who joined and left is said, oneself is not", () => {
  const before = { ...call, participants: [participant(0, bob), participant(2, alice)] };
  const after = { ...call, participants: [participant(1, carol), participant(3, { ...alice, user_id: "other" })] };
  expect(short(before, after)).toEqual([
    ["joined", carol.name],
    ["left", bob.name],
  ]);
});

test("those who are in already when one enters did not join", () => {
  expect(short({ ...call, phase: "joining", participants: [] }, call)).toEqual([]);
});

test("hands, screens and the connection", () => {
  const quiet = { ...call, participants: [participant(0, bob), participant(2, alice)] };
  const busy = { ...call, participants: [participant(0, bob, { hand: true, screen: true }), participant(2, alice, { hand: true })] };
  expect(short(quiet, busy)).toEqual([
    ["hand", bob.name],
    ["sharing", bob.name],
  ]);
  expect(short(busy, quiet)).toEqual([["sharing_stopped", bob.name]]);
  expect(short(call, { ...call, phase: "reconnecting" })).toEqual([["connection_lost"]]);
  expect(short({ ...call, phase: "reconnecting" }, call)).toEqual([["connection_back"]]);
});

test("who is put in the spotlight is said, oneself too", () => {
  const before = { ...call, participants: [participant(0, bob), participant(2, alice)] };
  expect(short(before, { ...before, spotlight: 0 })).toEqual([["spotlight", bob.name]]);
  expect(short(before, { ...before, spotlight: 2 })).toEqual([["spotlight", alice.name]]);
  expect(short({ ...before, spotlight: 0 }, before)).toEqual([]);
});

test("another call is no change of this one", () => {
  expect(callChanges(call, { ...call, call_id: "another", participants: [] })).toEqual([]);
});
