import { expect, test } from "vitest";
import { safeHref } from "./addresses";
import { parseMarkup } from "./blocks";
import { parseInline } from "./inline";
import { withoutMarks } from "./plain";
import type { Block, Inline } from "./tree";

/** What comes out, short enough to compare. */
function shown(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === "text") return node.text;
      if (node.type === "code") return `<code>${node.text}</code>`;
      if (node.type === "link") return `<a ${node.href}>${shown(node.children)}</a>`;
      const tag = { strong: "b", emphasis: "i", strike: "s" }[node.type];
      return `<${tag}>${shown(node.children)}</${tag}>`;
    })
    .join("");
}

const line = (text: string): string => shown(parseInline(text));

function outline(blocks: readonly Block[]): unknown[] {
  return blocks.map((block) => {
    if (block.type === "paragraph") return shown(block.children);
    if (block.type === "code") return { code: block.text };
    if (block.type === "quote") return { quote: outline(block.children) };
    return { list: block.items.map((item) => [item.value, ...outline(item.children)]) };
  });
}

test("bold, italic, strike and code", () => {
  expect(line("a **b** *c* ~~d~~ `e`")).toBe("a <b>b</b> <i>c</i> <s>d</s> <code>e</code>");
  expect(line("**b *c* d**")).toBe("<b>b <i>c</i> d</b>");
  expect(line("***both***")).toBe("<i><b>both</b></i>");
  expect(line("***a** b*")).toBe("<i><b>a</b> b</i>");
  expect(line("``a ` b``")).toBe("<code>a ` b</code>");
  expect(line("` `")).toBe("<code> </code>");
  expect(line("重要な**語**です")).toBe("重要な<b>語</b>です");
});

test("what is no mark stays as it was typed", () => {
  for (const text of [
    "2*3*4",
    "2 * 3 * 4",
    "snake_case_name and __init__",
    "¯\\_(ツ)_/¯",
    "C:\\temp\\new",
    "*not closed",
    "~~~",
    "a ~ b ~ c",
    "`open",
    "****",
    "[x] done [ ] not",
    "[a](b)",
    "<b>no</b> &amp; <img src=x onerror=alert(1)>",
  ]) {
    expect(line(text), text).toBe(text);
  }
  expect(line("**not closed either*")).toBe("*<i>not closed either</i>");
  expect(line("\\*as typed\\* \\`too\\`")).toBe("*as typed* `too`");
  for (const text of ["# no heading", "---", "===", "| a | b |", "    four spaces", "+ plus", "#hash"]) {
    expect(outline(parseMarkup(text)), text).toEqual([text]);
  }
});

test("addresses become links, without what ends the sentence", () => {
  expect(line("see https://example.org/a_(b)?c=1, ok")).toBe("see <a https://example.org/a_(b)?c=1>https://example.org/a_(b)?c=1</a>, ok");
  expect(line("(https://example.org)")).toBe("(<a https://example.org/>https://example.org</a>)");
  expect(line("**https://example.org/**")).toBe("<b><a https://example.org/>https://example.org/</a></b>");
  expect(line("www.example.org!")).toBe("<a https://www.example.org/>www.example.org</a>!");
  expect(line("to me@example.org.")).toBe("to <a mailto:me@example.org>me@example.org</a>.");
  expect(line("[the *plan*](https://example.org/plan)")).toBe("<a https://example.org/plan>the <i>plan</i></a>");
  expect(line("`https://example.org`")).toBe("<code>https://example.org</code>");
});

test("a link leads where it says, and nowhere else than to the web or an e-mail", () => {
  for (const address of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.org/x",
    "//example.org",
    "/rooms/x",
    "https://bank.example@elsewhere.example/",
    "https:///",
    "mailto:",
    "https://example.org/\u202egnp.exe",
    "java\tscript:alert(1)",
  ]) {
    expect(safeHref(address), address).toBeNull();
    expect(line(`[words](${address})`), address).not.toContain("<a javascript");
    expect(line(`[words](${address})`), address).not.toMatch(/<a [^>]*>words/);
  }
  // Words that look like another address show both.
  expect(line("[https://bank.example](https://elsewhere.example/)")).toBe(
    "https://bank.example (<a https://elsewhere.example/>https://elsewhere.example/</a>)",
  );
  for (const words of ["paypal24.com", "192.168.1.1", "bank.\u200Bcom", "bank\uFF0Ecom", "bank\u3002com", "bank\u2024com"]) {
    expect(line(`[${words}](https://elsewhere.example/)`), words).toContain("(<a https://elsewhere.example/>");
  }
  expect(line("[https://example.org/](https://example.org/)")).toBe("<a https://example.org/>https://example.org/</a>");
});

test("where there is room for words alone, the marks are left out", () => {
  const text = "**Figures** are `in`:\n- one\n- ~~two~~\n\n> [see](https://example.org/)\n```\ncode\n```";
  expect(withoutMarks(text)).toBe("Figures are in: one two see code");
  expect(withoutMarks("snake_case **cut of")).toBe("snake_case **cut of");
});

test("quotes, lists and blocks of code; line breaks stay", () => {
  expect(outline(parseMarkup("one\ntwo\n\nthree"))).toEqual(["one\ntwo", "three"]);
  expect(outline(parseMarkup("> a\n> b\n>> c\nd"))).toEqual([{ quote: ["a\nb", { quote: ["c"] }] }, "d"]);
  expect(outline(parseMarkup("before\n- a\n  more\n  - b\n- c\nafter"))).toEqual([
    "before",
    { list: [[null, "a\nmore", { list: [[null, "b"]] }], [null, "c"]] },
    "after",
  ]);
  expect(outline(parseMarkup("3. c\n1) a\n\n7. g"))).toEqual([{ list: [[3, "c"], [1, "a"], [7, "g"]] }]);
  expect(outline(parseMarkup("```js\n**a**\n\n  b\n```\nc"))).toEqual([{ code: "**a**\n\n  b" }, "c"]);
  expect(outline(parseMarkup("```\nnot closed"))).toEqual([{ code: "not closed" }]);
  expect(outline(parseMarkup("```\n```"))).toEqual(["```\n```"]);
  for (const text of [">:(", ">_<", "-5 degrees", "1.5 hours", "- ", "```"]) expect(outline(parseMarkup(text)), text).toEqual([text]);
});

/** A generator with a seed, so that a failure can be seen again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const PIECES = ["*", "**", "***", "~~", "`", "``", "```\n", "[", "](", ")", "](https://a.b/)", "> ", "- ", "1. ", "\n", "\n\n", " ", "a", "bc", "@Bob", "\\", "https://a.b", "<b>", "é", "👍", "me@a.b"];

const words = (text: string): string => text.replaceAll(/[\s*~`[\]()>\\\-.]|\d/g, "");

function plain(blocks: readonly Block[]): string {
  const inline = (nodes: readonly Inline[]): string => nodes.map((node) => ("children" in node ? inline(node.children) : node.text)).join("");
  return blocks
    .map((block) => {
      if (block.type === "code") return block.text;
      if (block.type === "paragraph") return inline(block.children);
      return block.type === "quote" ? plain(block.children) : block.items.map((item) => plain(item.children)).join("");
    })
    .join("");
}

test("no word gets lost or comes up, whatever the marks", () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const next = random(seed);
    const text = Array.from({ length: 1 + Math.floor(next() * 30) }, () => PIECES[Math.floor(next() * PIECES.length)] ?? "").join("");
    // The target of a link with words is not shown, and what follows the fence of a block of code neither.
    if (/\]\(https|```/.test(text)) {
      expect(() => parseMarkup(text), `seed ${String(seed)}`).not.toThrow();
      continue;
    }
    expect(words(plain(parseMarkup(text))), `seed ${String(seed)}: ${text}`).toBe(words(text));
  }
});

/** Longer than the parser may take for a text of the largest size, and far shorter than what grows with its square. */
const PATIENCE_MS = 400;

test("texts that are made to be slow are not", () => {
  const size = 16 * 1024;
  const hostile = [
    ">",
    "> ",
    "- ",
    "  - ",
    "1. ",
    "[",
    "]",
    "[](",
    "[a](",
    "](",
    "[a](https://a.b/(",
    "*",
    "**",
    "*a ",
    "*a*",
    "a*",
    " *",
    "**a *",
    "~~a",
    "`",
    "`a",
    "``a`",
    "```\n",
    "\\",
    "http://",
    "(http://a",
    "www.",
    "a@",
    "(a@b",
    "a.",
    "@",
    "\n",
    " \n",
    "> \n- ",
    "<a href=",
    "&#x26;",
    "e\u0301",
  ];
  for (const unit of hostile) {
    const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
    for (const each of [text, `${text}\n${text}`.slice(0, size), text.split("").toReversed().join("")]) {
      const begun = performance.now();
      parseMarkup(each);
      expect(performance.now() - begun, JSON.stringify(unit)).toBeLessThan(PATIENCE_MS);
    }
  }
});

test("depth has an end, and what is beyond is text", () => {
  const depth = (blocks: readonly Block[]): number =>
    Math.max(0, ...blocks.map((block) => (block.type === "quote" ? 1 + depth(block.children) : block.type === "list" ? 1 + Math.max(...block.items.map((item) => depth(item.children))) : 0)));
  expect(depth(parseMarkup(">".repeat(10_000)))).toBeLessThan(10);
  expect(depth(parseMarkup("- ".repeat(5_000)))).toBeLessThan(10);
  const longest = "x*y ".repeat(16 * 1024);
  expect(parseMarkup(longest)).toEqual([{ type: "paragraph", children: [{ type: "text", text: longest }] }]);
});
