import { expect, test } from "vitest";
import { initialsOf } from "./avatar";

test("initials are whole letters, whatever they are made of", () => {
  expect(initialsOf("Alice Moreau")).toBe("AM");
  expect(initialsOf("  zoé ")).toBe("Z");
  expect(initialsOf("Rita van der Foo 🦊")).toBe("R🦊");
  expect(initialsOf("")).toBe("");
});

test("marks are no initials, where there are letters", () => {
  expect(initialsOf("مراجعة (2026)")).toBe("م2");
  expect(initialsOf("“Harbour” – lights")).toBe("HL");
  expect(initialsOf("?!")).toBe("?");
});
