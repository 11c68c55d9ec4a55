import { MAX_TEXT_LEN } from "../limits";
import { parseInline } from "./inline";
import type { Block, ListItem } from "./tree";

/** Quotes and lists within each other. More leaves no width for a text. Beyond: as typed. */
const MAX_DEPTH = 6;

const FENCE = /^ {0,3}(`{3,})[^`]*$/;
const QUOTE = /^>+(?: |$)/;
const ITEM = /^( {0,3})(?:([-*•])|(\d{1,9})[.)]) +(?=\S)/;

/**
 * Reads the marks of a message: bold, italic, strike, code, quotes, lists, links. Line breaks stay as typed, and so does
 * whatever else looks like Markdown: headings, pictures, rules, HTML. Takes time in proportion to the length, whatever
 * is in it, for anybody in the room may write it.
 */
export function parseMarkup(text: string): readonly Block[] {
  // Nobody writes more here; what comes from elsewhere is shown plain.
  if (text.length > MAX_TEXT_LEN) return [{ type: "paragraph", children: [{ type: "text", text }] }];
  return parseBlocks(text.split(/\r\n?|\n/), 0);
}

function parseBlocks(lines: readonly string[], depth: number): readonly Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const endParagraph = (): void => {
    if (paragraph.length > 0) blocks.push({ type: "paragraph", children: parseInline(paragraph.join("\n")) });
    paragraph = [];
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const taken = isBlank(line) ? { block: null, next: at + 1 } : takeBlock(lines, at, depth);
    if (taken) {
      endParagraph();
      if (taken.block) blocks.push(taken.block);
      at = taken.next;
    } else {
      paragraph.push(line);
      at += 1;
    }
  }
  endParagraph();
  return blocks;
}

interface Taken {
  readonly block: Block | null;
  /** The first line after it. */
  readonly next: number;
}

/** What begins at this line, where that is more than a paragraph. */
function takeBlock(lines: readonly string[], at: number, depth: number): Taken | null {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line)?.[1];
  if (fence !== undefined) return takeCode(lines, at, fence);
  if (depth >= MAX_DEPTH) return null;
  if (QUOTE.test(line)) return takeQuote(lines, at, depth);
  return ITEM.test(line) ? takeList(lines, at, depth) : null;
}

/** Up to the closing fence, or to the end. With nothing inside it is no code. */
function takeCode(lines: readonly string[], at: number, fence: string): Taken {
  const closes = (line: string): boolean => line.trim().startsWith(fence) && /^ {0,3}`+ *$/.test(line);
  let end = at + 1;
  while (end < lines.length && !closes(lines[end] ?? "")) end += 1;
  const text = lines.slice(at + 1, end).join("\n");
  const asTyped = lines.slice(at, end + 1).join("\n");
  const block: Block = text.trim() === "" ? { type: "paragraph", children: [{ type: "text", text: asTyped }] } : { type: "code", text };
  return { block, next: end + 1 };
}

function takeQuote(lines: readonly string[], at: number, depth: number): Taken {
  let next = at;
  const inside: string[] = [];
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    if (!QUOTE.test(line)) break;
    inside.push(line.startsWith("> ") ? line.slice(2) : line.slice(1));
  }
  return { block: { type: "quote", children: parseBlocks(inside, depth + 1) }, next };
}

function takeList(lines: readonly string[], at: number, depth: number): Taken {
  const ordered = ITEM.exec(lines[at] ?? "")?.[3] !== undefined;
  const begins = (index: number): RegExpExecArray | null => {
    const item = ITEM.exec(lines[index] ?? "");
    return item && (item[3] !== undefined) === ordered ? item : null;
  };
  const items: ListItem[] = [];
  let next = at;
  for (;;) {
    // One empty line between two points does not part them.
    if (items.length > 0 && isBlank(lines[next] ?? "x") && begins(next + 1)) next += 1;
    const item = begins(next);
    if (!item) break;
    const inside = [(lines[next] ?? "").slice(item[0].length)];
    const indent = (item[1] ?? "").length + 2;
    for (next += 1; next < lines.length && !isBlank(lines[next] ?? "") && indentOf(lines[next] ?? "") >= indent; next += 1) {
      const line = lines[next] ?? "";
      inside.push(line.slice(Math.min(indentOf(line), item[0].length)));
    }
    items.push({ value: item[3] === undefined ? null : Number(item[3]), children: parseBlocks(inside, depth + 1) });
  }
  return { block: { type: "list", ordered, items }, next };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isBlank(line: string): boolean {
  return line.trim() === "";
}
