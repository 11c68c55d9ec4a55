/** A piece of a line. Line breaks stand in the texts. */
export type Inline =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "strong" | "emphasis" | "strike"; readonly children: readonly Inline[] }
  | { readonly type: "link"; readonly href: string; readonly children: readonly Inline[] };

/** One of several points. `value` is the number as it was typed; null where it is a bullet. */
export interface ListItem {
  readonly value: number | null;
  readonly children: readonly Block[];
}

/** A part of a message that stands for itself. */
export type Block =
  | { readonly type: "paragraph"; readonly children: readonly Inline[] }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "quote"; readonly children: readonly Block[] }
  | { readonly type: "list"; readonly ordered: boolean; readonly items: readonly ListItem[] };

/** The words of a line. */
export function inlineText(nodes: readonly Inline[]): string {
  return nodes.map((node) => ("children" in node ? inlineText(node.children) : node.text)).join("");
}
