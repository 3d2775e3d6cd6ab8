/** A message's Markdown. Blocks that did not change are not parsed, compared or drawn again. */
import type { Definition, Root } from "mdast";
import { memo, type ReactNode, useMemo, useRef } from "react";
import { type Block, GrowingBlocks } from "./blocks.js";
import { CodeBlock } from "./CodeBlock.js";
import { Maths } from "./Maths.js";
import { mend } from "./mend.js";
import { drawAll } from "./nodes.js";
import { definitionsOf, isTooMuch, parseMarkdown } from "./parse.js";
import { useSetAside } from "./useSetAside.js";
import "./markdown.css";

interface MarkdownProps {
  source: string;
  /** Whether more of it may come. */
  writing: boolean;
}

/** Blocks drawn, measured and set aside together. */
const SECTION_BLOCKS = 16;

export default memo(function Markdown({ source, writing }: MarkdownProps) {
  const growing = useRef<GrowingBlocks>(null);
  growing.current ??= new GrowingBlocks();
  const blocks = growing.current.update(source);
  const definitions = useMemo(() => definitionsOf(source), [source]);
  const sections: ReactNode[] = [];
  for (let at = 0; at < blocks.length; at += SECTION_BLOCKS) {
    const last = at + SECTION_BLOCKS >= blocks.length;
    sections.push(
      <Section
        key={at}
        blocks={blocks.slice(at, at + SECTION_BLOCKS)}
        definitions={definitions}
        writing={writing && last}
        aside={blocks.length > SECTION_BLOCKS && !(writing && last)}
      />,
    );
  }
  return <div className="markdown">{sections}</div>;
});

interface SectionProps {
  blocks: readonly Block[];
  definitions: string;
  writing: boolean;
  /** Whether the browser may leave it undrawn while nobody looks. */
  aside: boolean;
}

function isSameSection(one: SectionProps, other: SectionProps): boolean {
  return (
    one.writing === other.writing &&
    one.aside === other.aside &&
    one.definitions === other.definitions &&
    one.blocks.length === other.blocks.length &&
    one.blocks.every((block, at) => block === other.blocks[at])
  );
}

const Section = memo(function Section({ blocks, definitions, writing, aside }: SectionProps) {
  const element = useSetAside(aside);
  const last = blocks.length - 1;
  return (
    <div ref={element} className="md-section">
      {blocks.map((block, index) => (
        <BlockView
          key={block.start}
          block={block}
          writing={writing && index === last}
          definitions={block.kind === "markdown" && block.text.includes("[") ? definitions : ""}
        />
      ))}
    </div>
  );
}, isSameSection);

interface BlockViewProps {
  block: Block;
  writing: boolean;
  definitions: string;
}

const BlockView = memo(function BlockView({ block, writing, definitions }: BlockViewProps) {
  switch (block.kind) {
    case "code":
      return <CodeBlock code={block.text} info={block.info} writing={writing && !block.closed} />;
    case "math":
      return <Maths source={block.text} display />;
    case "markdown":
      return (
        <Prose text={writing ? mend(block.text) : block.text} definitions={definitions} writing={writing} />
      );
  }
});

function Prose({ text, definitions, writing }: { text: string; definitions: string; writing: boolean }) {
  const tree = useMemo(() => {
    if (isTooMuch(text)) return undefined;
    return parseMarkdown(definitions ? `${text.trimEnd()}\n\n${definitions}` : text);
  }, [text, definitions]);
  if (!tree) return <p className="md-plain">{text}</p>;
  return drawAll(tree.children, { definitions: namesOf(tree), length: text.length, writing });
}

function namesOf(tree: Root): Map<string, Definition> {
  const found = tree.children.filter((node): node is Definition => node.type === "definition");
  // Of two with the same name the first holds, as CommonMark says.
  return new Map(found.reverse().map((node) => [node.identifier, node]));
}
