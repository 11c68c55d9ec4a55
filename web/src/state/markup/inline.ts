import { addressAt, looksLikeAddress, safeHref } from "./addresses";
import { inlineText, type Inline } from "./tree";

/** Marks within marks. Nobody needs more, and each costs a search at every mark that closes. Beyond: as typed. */
const MAX_OPEN = 16;

const LINK_TARGET = /\(([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)\)/y;

/** Letters and digits of scripts that put spaces between words: a mark within a word is none there. */
const WORD = /[\p{L}\p{N}_]/u;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** Whether the character is part of a word that a mark beside it would be within. */
export function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && WORD.test(character) && !UNSPACED.test(character);
}

/** What was opened and waits to be closed, with what came since. */
interface Frame {
  /** The mark that opened it; the text itself has none. */
  readonly mark: "*" | "~" | "[" | "";
  /** How many of the mark still wait. */
  count: number;
  readonly nodes: Inline[];
}

/** Reads the marks within lines. Takes time in proportion to the length, whatever is in it. */
export function parseInline(text: string): readonly Inline[] {
  return new InlineReader(text).read();
}

class InlineReader {
  readonly #text: string;
  readonly #frames: Frame[] = [{ mark: "", count: 0, nodes: [] }];
  /** Where runs of backticks begin, by their length, the last first. */
  readonly #backticks: Map<number, number[]>;
  #at = 0;
  /** What was passed since is plain text. */
  #plainFrom = 0;

  constructor(text: string) {
    this.#text = text;
    this.#backticks = runsOfBackticks(text);
  }

  read(): readonly Inline[] {
    while (this.#at < this.#text.length) this.#step();
    this.#flush(this.#at);
    this.#collapseTo(0);
    return this.#frames[0]?.nodes ?? [];
  }

  #step(): void {
    const character = this.#text[this.#at] ?? "";
    switch (character) {
      case "*":
      case "~":
        this.#delimiter(character);
        return;
      case "`":
        this.#code();
        return;
      case "[":
        this.#openLink();
        return;
      case "]":
        this.#closeLink();
        return;
      case "\\":
        this.#escape();
        return;
      default:
        this.#plain(character);
    }
  }

  #plain(character: string): void {
    if (/[a-z0-9]/i.test(character) && !/[\w.+\-/@]/.test(this.#text[this.#at - 1] ?? " ")) {
      const address = addressAt(this.#text, this.#at);
      if (address) {
        this.#flush(this.#at);
        this.#push({ type: "link", href: address.href, children: [{ type: "text", text: this.#text.slice(this.#at, address.end) }] });
        this.#moveTo(address.end);
        return;
      }
    }
    this.#at += 1;
  }

  /** Only what would else be a mark can be escaped: a path of Windows stays as it is. */
  #escape(): void {
    if (/[*~`[]/.test(this.#text[this.#at + 1] ?? "")) {
      this.#flush(this.#at);
      this.#plainFrom = this.#at + 1;
      this.#at += 1;
    }
    this.#at += 1;
  }

  #code(): void {
    const length = this.#runLength("`");
    const starts = this.#backticks.get(length) ?? [];
    while (starts.length > 0 && (starts.at(-1) ?? 0) <= this.#at) starts.pop();
    const end = starts.pop();
    if (end === undefined) {
      this.#at += length;
      return;
    }
    this.#flush(this.#at);
    const inside = this.#text.slice(this.#at + length, end).replaceAll("\n", " ");
    const padded = inside.startsWith(" ") && inside.endsWith(" ") && inside.trim() !== "";
    this.#push({ type: "code", text: padded ? inside.slice(1, -1) : inside });
    this.#moveTo(end + length);
  }

  #delimiter(mark: "*" | "~"): void {
    const length = this.#runLength(mark);
    const fits = mark === "*" ? length <= 3 : length === 2;
    const before = this.#text[this.#at - 1];
    const after = this.#text[this.#at + length];
    let left = length;
    if (fits && !isSpace(before) && !isWordCharacter(after)) left = this.#close(mark, length);
    if (fits && left > 0 && !isSpace(after) && !isWordCharacter(before) && this.#frames.length < MAX_OPEN) {
      this.#flush(this.#at);
      this.#frames.push({ mark, count: left, nodes: [] });
      this.#moveTo(this.#at + left);
      return;
    }
    this.#at += left;
  }

  /** Closes what it can with `length` marks, passes those, and says how many are left. */
  #close(mark: "*" | "~", length: number): number {
    let left = length;
    while (left > 0) {
      const index = this.#frames.findLastIndex((frame) => frame.mark === mark);
      const frame = this.#frames[index];
      if (!frame) break;
      this.#flush(this.#at);
      this.#collapseTo(index);
      const used = Math.min(2, frame.count, left);
      const children = frame.nodes.splice(0);
      const type = mark === "~" ? "strike" : used === 2 ? "strong" : "emphasis";
      frame.count -= used;
      if (frame.count === 0) this.#frames.pop();
      this.#push({ type, children });
      left -= used;
      this.#moveTo(this.#at + used);
    }
    return left;
  }

  #openLink(): void {
    if (this.#frames.length < MAX_OPEN) {
      this.#flush(this.#at);
      this.#frames.push({ mark: "[", count: 1, nodes: [] });
      this.#plainFrom = this.#at + 1;
    }
    this.#at += 1;
  }

  #closeLink(): void {
    const index = this.#frames.findLastIndex((frame) => frame.mark === "[");
    const frame = this.#frames[index];
    LINK_TARGET.lastIndex = this.#at + 1;
    const target = frame ? LINK_TARGET.exec(this.#text) : null;
    const href = target ? safeHref(target[1] ?? "") : null;
    if (!frame || !target || href === null) {
      // Brackets that lead nowhere wait for nothing more.
      if (frame) {
        this.#flush(this.#at);
        this.#collapseTo(index - 1);
      }
      this.#at += 1;
      return;
    }
    this.#flush(this.#at);
    this.#collapseTo(index);
    this.#frames.pop();
    for (const each of linkOf(frame.nodes, target[1] ?? "", href)) this.#push(each);
    this.#moveTo(this.#at + 1 + target[0].length);
  }

  #runLength(mark: string): number {
    let end = this.#at;
    while (this.#text[end] === mark) end += 1;
    return end - this.#at;
  }

  #moveTo(at: number): void {
    this.#at = at;
    this.#plainFrom = at;
  }

  /** What was passed up to here becomes text. */
  #flush(to: number): void {
    if (to > this.#plainFrom) this.#push({ type: "text", text: this.#text.slice(this.#plainFrom, to) });
    this.#plainFrom = to;
  }

  #push(node: Inline): void {
    const nodes = this.#frames.at(-1)?.nodes;
    const last = nodes?.at(-1);
    if (node.type === "text" && last?.type === "text") nodes?.splice(-1, 1, { type: "text", text: last.text + node.text });
    else nodes?.push(node);
  }

  /** What was opened after the frame `index` and not closed stands as it was typed. */
  #collapseTo(index: number): void {
    while (this.#frames.length > index + 1) {
      const frame = this.#frames.pop();
      if (!frame) return;
      this.#push({ type: "text", text: frame.mark.repeat(frame.count) });
      for (const node of frame.nodes) this.#push(node);
    }
  }
}

/** A link whose words look like an address, and another one than it leads to, shows both. */
function linkOf(nodes: readonly Inline[], target: string, href: string): readonly Inline[] {
  const children = withoutLinks(nodes);
  const words = inlineText(children);
  if (words.trim() === "") return [{ type: "link", href, children: [{ type: "text", text: target }] }];
  if (!looksLikeAddress(words) || safeHref(words) === href) return [{ type: "link", href, children }];
  return [
    ...children,
    { type: "text", text: " (" },
    { type: "link", href, children: [{ type: "text", text: target }] },
    { type: "text", text: ")" },
  ];
}

function withoutLinks(nodes: readonly Inline[]): readonly Inline[] {
  return nodes.flatMap((node): readonly Inline[] => {
    if (node.type === "link") return withoutLinks(node.children);
    return "children" in node ? [{ ...node, children: withoutLinks(node.children) }] : [node];
  });
}

function isSpace(character: string | undefined): boolean {
  return character === undefined || /\s/.test(character);
}

function runsOfBackticks(text: string): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    const starts = runs.get(run.length);
    if (starts) starts.push(index);
    else runs.set(run.length, [index]);
  }
  for (const starts of runs.values()) starts.reverse();
  return runs;
}
