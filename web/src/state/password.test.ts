import { expect, test } from "vitest";
import { judgePassword, MIN_PASSWORD_LENGTH } from "./password";

test("R13 what is short, common, a run, or the person's own name is refused", () => {
  for (const password of ["short", "password123", "aaaaaaaaaaaa", "abcdefghijkl", "alice moreau"]) {
    expect(judgePassword(password, ["Alice Moreau", "alice@example.org"]).acceptable, password).toBe(false);
  }
});

test("R13 several words, or a mix of kinds of characters, are taken", () => {
  for (const password of ["Correct horse 7 battery", "seven quiet lanterns", "tR4!kz9Q#w"]) {
    expect(judgePassword(password, []).acceptable, password).toBe(true);
  }
});

test("length is counted in characters as a person sees them", () => {
  expect(judgePassword("🙂".repeat(MIN_PASSWORD_LENGTH - 1), []).longEnough).toBe(false);
  expect(judgePassword("🙂".repeat(MIN_PASSWORD_LENGTH), []).longEnough).toBe(true);
});
