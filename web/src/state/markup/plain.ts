import { parseMarkup } from "./blocks";
import { inlineText, type Block } from "./tree";

/** A text without its marks, in one line: for where there is room for words alone. */
export function withoutMarks(text: string): string {
  return blocksText(parseMarkup(text)).replaceAll(/\s+/g, " ").trim();
}

function blocksText(blocks: readonly Block[]): string {
  return blocks.map(blockText).join(" ");
}

function blockText(block: Block): string {
  if (block.type === "code") return block.text;
  if (block.type === "paragraph") return inlineText(block.children);
  if (block.type === "quote") return blocksText(block.children);
  return block.items.map((item) => blocksText(item.children)).join(" ");
}
