import { memo, useMemo } from "react";
import type { MentionView } from "../../core/generated/MentionView";
import { parseMarkup } from "../../state/markup/blocks";
import type { Block, Inline } from "../../state/markup/tree";
import { splitAtNames } from "../../state/mentions";

interface Props {
  readonly text: string;
  /** Whom it names; their names stand out. */
  readonly mentions?: readonly MentionView[];
}

const NOBODY: readonly MentionView[] = [];

/** The text of a message with its marks as elements. Whatever is in it, no markup of it becomes markup of the page. */
export const Markup = memo(function Markup({ text, mentions = NOBODY }: Props) {
  const blocks = useMemo(() => parseMarkup(text), [text]);
  return (
    <div className="message-text">
      <Blocks blocks={blocks} mentions={mentions} dir="auto" />
    </div>
  );
});

/* The parts of one text have no identity beyond their place: a changed text is read anew as a whole. */
/* oxlint-disable react/no-array-index-key */

interface BlocksProps {
  readonly blocks: readonly Block[];
  readonly mentions: readonly MentionView[];
  /** Each block has the direction of what is in it. Within one there is one: a bar or a point stands on its side. */
  readonly dir?: "auto";
}

function Blocks({ blocks, mentions, dir }: BlocksProps) {
  return blocks.map((block, index) => <BlockView key={index} block={block} mentions={mentions} dir={dir} />);
}

function BlockView({ block, mentions, dir }: { readonly block: Block; readonly mentions: readonly MentionView[]; readonly dir: "auto" | undefined }) {
  switch (block.type) {
    case "paragraph":
      return (
        <p dir={dir}>
          <Inlines nodes={block.children} mentions={mentions} />
        </p>
      );
    case "code":
      return (
        <pre dir="ltr">
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return (
        <blockquote dir={dir}>
          <Blocks blocks={block.children} mentions={mentions} />
        </blockquote>
      );
    case "list": {
      const items = block.items.map((item, index) => (
        <li key={index} value={item.value ?? undefined}>
          <Blocks blocks={item.children} mentions={mentions} />
        </li>
      ));
      return block.ordered ? <ol dir={dir}>{items}</ol> : <ul dir={dir}>{items}</ul>;
    }
  }
}

function Inlines({ nodes, mentions }: { readonly nodes: readonly Inline[]; readonly mentions: readonly MentionView[] }) {
  return nodes.map((node, index) => <InlineView key={index} node={node} mentions={mentions} />);
}

const ELEMENTS = { strong: "strong", emphasis: "em", strike: "del" } as const;

function InlineView({ node, mentions }: { readonly node: Inline; readonly mentions: readonly MentionView[] }) {
  if (node.type === "text") return <Named text={node.text} mentions={mentions} />;
  if (node.type === "code") return <code dir="ltr">{node.text}</code>;
  const children = <Inlines nodes={node.children} mentions={mentions} />;
  if (node.type === "link") {
    return (
      <a href={node.href} title={node.href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    );
  }
  const Element = ELEMENTS[node.type];
  return <Element>{children}</Element>;
}

function Named({ text, mentions }: { readonly text: string; readonly mentions: readonly MentionView[] }) {
  if (mentions.length === 0) return text;
  return splitAtNames(text, mentions).map((piece, index) =>
    typeof piece === "string" ? (
      piece
    ) : (
      <span key={index} className={piece.me ? "mention mention-me" : "mention"}>
        {`@${piece.name}`}
      </span>
    ),
  );
}
