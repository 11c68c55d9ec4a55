import { expect, test } from "vitest";
import { alice, bob, carol, person } from "../testing/fake-data";
import { membersFor, namedIn, namingAt, splitAtNames, withName } from "./mentions";

const ann = person("Ann");
const anna = person("Anna Ek");
const members = [alice, bob, carol, ann, anna];
const nobody: ReadonlySet<string> = new Set();

test("a name is looked for behind an @ that begins a word", () => {
  expect(namingAt("Hello @bo", 9)).toEqual({ start: 6, query: "bo" });
  expect(namingAt("@", 1)).toEqual({ start: 0, query: "" });
  expect(namingAt("@bob", 0)).toBeNull();
  expect(namingAt("me@exam", 7)).toBeNull();
  expect(namingAt("@ home", 6)).toBeNull();
  expect(namingAt("@bob\nok", 7)).toBeNull();
});

test("members are offered by name and by address, oneself never", () => {
  expect(membersFor("", members).map(({ name }) => name)).toEqual(["Ann", "Anna Ek", "Bob Okafor", "Carol Lindqvist"]);
  expect(membersFor("LIND", members)).toEqual([carol]);
  expect(membersFor("bob@", members)).toEqual([bob]);
  expect(membersFor("alice", members)).toEqual([]);
});

test("a name takes the place of what was typed of it", () => {
  expect(withName("Hi @bo", { start: 3, query: "bo" }, "Bob Okafor")).toEqual({ text: "Hi @Bob Okafor ", caret: 15 });
  expect(withName("(@bo)", { start: 1, query: "bo" }, "Bob")).toEqual({ text: "(@Bob)", caret: 5 });
});

test("a text names those whose names stand in it", () => {
  expect(namedIn("@Bob Okafor and @Ann: look", members, nobody)).toEqual([bob.user_id, ann.user_id]);
  expect(namedIn("@Annabel, me@Ann, Bob Okafor, @Alice Moreau", members, nobody)).toEqual([]);
  expect(namedIn("@Anna Ek", members, nobody)).toEqual([anna.user_id]);
  expect(namedIn("@李雷你好", [{ ...bob, name: "李雷" }], nobody)).toEqual([bob.user_id]);
});

test("of namesakes who was chosen is meant", () => {
  const other = { ...bob, user_id: "other-bob" };
  expect(namedIn("@Bob Okafor", [bob, other], new Set(["other-bob"]))).toEqual(["other-bob"]);
  expect(namedIn("@Bob Okafor", [bob, other], nobody)).toEqual([bob.user_id, "other-bob"]);
});

test("only names of whom a message names are pieces of their own", () => {
  const mention = { user_id: "ann", name: "Ann", me: false };
  expect(splitAtNames("@Ann, @Anna, @Bob @Ann", [mention])).toEqual([mention, ", @Anna, @Bob ", mention]);
  expect(splitAtNames("@Ann", [])).toEqual(["@Ann"]);
});
