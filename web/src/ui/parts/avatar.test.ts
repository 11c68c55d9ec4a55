import { expect, test } from "vitest";
import { initialsOf } from "./avatar";

test("initials are whole letters, whatever they are made of", () => {
  expect(initialsOf("Alice Moreau")).toBe("AM");
  expect(initialsOf("  zoé ")).toBe("Z");
  expect(initialsOf("Rita van der Foo 🦊")).toBe("R🦊");
  expect(initialsOf("")).toBe("");
});
