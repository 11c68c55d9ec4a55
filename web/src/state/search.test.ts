import { expect, test } from "vitest";
import { alice, bob, carol, room } from "../testing/fake-data";
import { markedParts, peopleOf, peopleThatMatch, roomsThatMatch } from "./search";

const rooms = [room("plans", "Secret Plans", [alice, bob]), room("tea", "Tea", [alice, bob, carol])];

function find(query: string): string[] {
  return roomsThatMatch(rooms, (each) => each.title, query).map((each) => each.room_id);
}

function marked(text: string, query: string): string {
  return markedParts(text, query)
    .map((part) => (part.found ? `[${part.text}]` : part.text))
    .join("");
}

test("rooms are found by all words of their titles, in any case", () => {
  expect(find("plans SEC")).toEqual(["plans"]);
  expect(find("plans tea")).toEqual([]);
  expect(find("e")).toEqual(["plans", "tea"]);
});

test("people are found once, by name or address, and never oneself", () => {
  const people = peopleOf(rooms);
  expect(people.map((person) => person.user_id)).toEqual([bob.user_id, carol.user_id]);
  expect(peopleThatMatch(people, bob.email.slice(0, 5)).map((person) => person.name)).toEqual([bob.name]);
  expect(peopleThatMatch(people, "nobody at all")).toEqual([]);
});

test("what was found stands out, whatever signs are in it", () => {
  expect(marked("The Secret plan", "secret PLAN")).toBe("The [Secret] [plan]");
  expect(marked("a+b (c)", "a+b (c)")).toBe("[a+b] [(c)]");
  expect(marked("plans", "plan plans")).toBe("[plans]");
  expect(marked("nothing", "   ")).toBe("nothing");
});
