/** Draws a Markdown tree as React elements. There is no HTML anywhere on the way: an HTML node is text. */
import type { AlignType, Definition, Nodes, RootContent, Table, TableRow } from "mdast";
import { Fragment, type ReactNode } from "react";
import { BlockedImage } from "./BlockedImage.js";
import { ChatLink } from "./ChatLink.js";
import { CodeBlock } from "./CodeBlock.js";
import { Maths } from "./Maths.js";
import { NamedText } from "./NamedText.js";
import { TableFrame } from "./TableFrame.js";
import { TaskMark } from "./TaskMark.js";

export interface Drawing {
  definitions: Map<string, Definition>;
  /** Characters of the block itself; what comes after was added to resolve references and isn't drawn. */
  length: number;
  writing: boolean;
  /** Whether words are only words: a link compares what it says with where it leads. */
  plain?: boolean;
}

/** Levels of nodes inside each other that are drawn; deeper ones show as nothing, and parse.ts stops them before. */
const DEPTH_MAX = 100;

/** Below the name of whoever writes, which is an `h2`. */
type HeadingTag = "h3" | "h4" | "h5" | "h6";
const HEADINGS: readonly HeadingTag[] = ["h3", "h4", "h5", "h6"];

export function drawAll(nodes: readonly Nodes[], drawing: Drawing, depth = 0): ReactNode {
  if (depth > DEPTH_MAX) return null;
  return nodes.map((node, index) => {
    if ((node.position?.start.offset ?? 0) >= drawing.length) return null;
    // biome-ignore lint/suspicious/noArrayIndexKey: a text that grows never reorders its nodes.
    return <Fragment key={index}>{draw(node as RootContent, drawing, depth + 1)}</Fragment>;
  });
}

function draw(node: RootContent, drawing: Drawing, depth: number): ReactNode {
  const inside = () =>
    "children" in node ? drawAll(node.children as Nodes[], withinOf(node, drawing), depth) : null;
  switch (node.type) {
    case "text":
      return drawing.plain ? node.value : <NamedText text={node.value} />;
    case "paragraph":
      return <p>{inside()}</p>;
    case "heading": {
      const Tag = HEADINGS[Math.min(Math.max(node.depth, 2), 5) - 2] ?? "h6";
      return <Tag>{inside()}</Tag>;
    }
    case "strong":
      return <strong>{inside()}</strong>;
    case "emphasis":
      return <em>{inside()}</em>;
    case "delete":
      return <del>{inside()}</del>;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "break":
      return <br />;
    case "thematicBreak":
      return <hr />;
    case "blockquote":
      return <blockquote>{inside()}</blockquote>;
    case "code":
      return <CodeBlock code={node.value} info={node.lang ?? ""} writing={drawing.writing} />;
    case "inlineMath":
      return <Maths source={node.value} display={node.display} />;
    case "html":
      return drawHtml(node.value);
    default:
      return drawRarer(node, drawing, depth, inside);
  }
}

function withinOf(node: RootContent, drawing: Drawing): Drawing {
  return node.type === "link" || node.type === "linkReference" ? { ...drawing, plain: true } : drawing;
}

function drawRarer(node: RootContent, drawing: Drawing, depth: number, inside: () => ReactNode): ReactNode {
  switch (node.type) {
    case "list":
      return node.ordered ? <ol start={node.start ?? 1}>{inside()}</ol> : <ul>{inside()}</ul>;
    case "listItem":
      return (
        <li className={typeof node.checked === "boolean" ? "md-task" : undefined}>
          {typeof node.checked === "boolean" && <TaskMark done={node.checked} />}
          {drawItem(node.children, node.spread ?? false, drawing, depth)}
        </li>
      );
    case "table":
      return drawTable(node, drawing, depth);
    case "link":
      return <ChatLink address={node.url}>{inside()}</ChatLink>;
    case "linkReference": {
      const address = drawing.definitions.get(node.identifier)?.url;
      return address === undefined ? inside() : <ChatLink address={address}>{inside()}</ChatLink>;
    }
    case "image":
      return <BlockedImage address={node.url} words={node.alt ?? ""} />;
    case "imageReference":
      return (
        <BlockedImage address={drawing.definitions.get(node.identifier)?.url ?? ""} words={node.alt ?? ""} />
      );
    case "footnoteReference":
      return <sup>[{node.label ?? node.identifier}]</sup>;
    case "footnoteDefinition":
      return (
        <div className="md-footnote">
          <sup>{node.label ?? node.identifier}</sup>
          <div>{inside()}</div>
        </div>
      );
    default:
      // Definitions, front matter and rows outside of a table: nothing to see.
      return null;
  }
}

/** Items of a tight list have no paragraphs of their own. */
function drawItem(children: readonly Nodes[], spread: boolean, drawing: Drawing, depth: number): ReactNode {
  if (spread) return drawAll(children, drawing, depth);
  const loose = children.flatMap((child) =>
    child.type === "paragraph" ? (child.children as Nodes[]) : [child],
  );
  return drawAll(loose, drawing, depth);
}

function drawTable(table: Table, drawing: Drawing, depth: number): ReactNode {
  const [head, ...rows] = table.children;
  const cells = (row: TableRow, Tag: "th" | "td") =>
    row.children.map((cell, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: columns keep their order.
      <Tag key={index} className={alignment(table.align?.[index])} scope={Tag === "th" ? "col" : undefined}>
        {drawAll(cell.children as Nodes[], drawing, depth)}
      </Tag>
    ));
  return (
    <TableFrame>
      <thead>{head && <tr>{cells(head, "th")}</tr>}</thead>
      <tbody>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are only ever added.
          <tr key={index}>{cells(row, "td")}</tr>
        ))}
      </tbody>
    </TableFrame>
  );
}

function alignment(align: AlignType | undefined): string | undefined {
  return align ? `md-${align}` : undefined;
}

/** A line break is a line break, a comment is nothing, all else is shown as the letters that it is. */
function drawHtml(html: string): ReactNode {
  if (/^<br\s*\/?>$/i.test(html)) return <br />;
  if (/^<!--[\s\S]*-->$/.test(html)) return null;
  return <span className="md-html">{html}</span>;
}
