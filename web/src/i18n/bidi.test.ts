import { expect, test } from "vitest";
import { isolated } from "./bidi";
import { listText } from "./format";
import { translator } from "./translate";

const HEBREW = "שירה";
const t = translator("en-GB");

test("a name from left to right stands in a sentence as it is", () => {
  expect(isolated("Zoë 👩‍👩‍👧‍👦")).toBe("Zoë 👩‍👩‍👧‍👦");
  expect(t("writing.answering", { name: "Bob" })).not.toContain("\u2068");
});

test("a name from right to left does not change the order of the sentence around it", () => {
  expect(t("writing.answering", { name: HEBREW })).toContain(`\u2068${HEBREW}\u2069`);
  expect(listText("en-GB", [HEBREW, "Bob"])).toBe(`\u2068${HEBREW}\u2069 and Bob`);
  // A list that stands in a sentence keeps its parts.
  expect(t("message.read_by", { names: listText("en-GB", [HEBREW, "Bob"]) })).toContain(`\u2068\u2068${HEBREW}\u2069 and Bob\u2069`);
});

test("nothing in a name reaches beyond its end", () => {
  for (const name of ["\u202eevil", "a\u2069b", "\u2067x", "\u2068open", "\u2069\u2069\u2068", `${HEBREW}\u202e\u2069`]) {
    const text = isolated(name);
    let depth = 0;
    for (const char of text.slice(1, -1)) {
      if (char === "\u2068") depth += 1;
      if (char === "\u2069") depth -= 1;
      expect(depth, JSON.stringify(name)).toBeGreaterThanOrEqual(0);
    }
    expect(depth, JSON.stringify(name)).toBe(0);
    expect(text).not.toMatch(/[\u202a-\u202e\u2066\u2067]/);
  }
});
