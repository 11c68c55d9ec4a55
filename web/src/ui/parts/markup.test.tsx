import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { Markup } from "./markup";

const links = (): HTMLAnchorElement[] => screen.queryAllByRole<HTMLAnchorElement>("link");

test("marks become elements, and a link opens apart without a word of where one comes from", () => {
  const { container } = show(<Markup text={"**bold** and `code`\n- one\n\n> said\n\nhttps://example.org"} />);
  expect(container.querySelector("strong")?.textContent).toBe("bold");
  expect(container.querySelector("code")?.textContent).toBe("code");
  expect(container.querySelector("li")?.textContent).toBe("one");
  expect(container.querySelector("blockquote")?.textContent).toBe("said");
  const [link] = links();
  expect(link?.target).toBe("_blank");
  expect(link?.rel).toBe("noopener noreferrer");
});

test("nothing that somebody writes becomes markup of the page", () => {
  const hostile = [
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "[words](javascript:alert(1))",
    "[words](data:text/html;base64,PHNjcmlwdD4=)",
    "![picture](https://example.org/a.png)",
    "# heading",
    '[a](https://example.org/"onclick="alert)',
    "<https://example.org/><b>",
    "[ref]: https://example.org",
    "&lt;b&gt; &#106;",
  ].join("\n\n");
  const { container } = show(<Markup text={hostile} />);
  const allowed = new Set(["DIV", "P", "A", "PRE", "CODE", "STRONG", "EM", "DEL", "BLOCKQUOTE", "UL", "OL", "LI", "SPAN"]);
  for (const element of container.querySelectorAll("*")) {
    expect(allowed.has(element.tagName), element.tagName).toBe(true);
    for (const { name } of element.attributes) expect(name.startsWith("on"), name).toBe(false);
  }
  for (const { protocol } of links()) expect(protocol).toBe("https:");
  expect(container.textContent).toContain("<script>alert(1)</script>");
  expect(container.textContent).toContain("&lt;b&gt; &#106;");
});

test("a text of the greatest length and depth is drawn", () => {
  for (const text of [">".repeat(10_000), "[".repeat(10_000), "**a* ".repeat(3_000), "- ".repeat(8_000), "x".repeat(64 * 1024)]) {
    const begun = performance.now();
    const { container, unmount } = show(<Markup text={text} />);
    expect(container.textContent.length).toBeGreaterThan(0);
    expect(performance.now() - begun, text.slice(0, 8)).toBeLessThan(3_000);
    unmount();
  }
});

test("names stand out where they are meant, one's own more, and in code never", () => {
  const mentions = [
    { user_id: "a", name: "Alice Moreau", me: true },
    { user_id: "b", name: "Bob", me: false },
  ];
  const { container } = show(<Markup text={"@Alice Moreau, **@Bob**, @Carol, `@Bob`"} mentions={mentions} />);
  const named = [...container.querySelectorAll(".mention")];
  expect(named.map((element) => element.textContent)).toEqual(["@Alice Moreau", "@Bob"]);
  expect(named.map((element) => element.classList.contains("mention-me"))).toEqual([true, false]);
});
