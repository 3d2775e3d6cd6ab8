/** Markdown to a tree, within limits: text that would take a parser long is shown as it was written. */
import type { Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { mathsSyntax, mathsTree } from "./maths-syntax.js";

/** Characters of one block; a longer one is shown as plain text. A 32,000-token reply has some 130,000 in hundreds of blocks. */
export const BLOCK_CHARS_MAX = 60_000;
/** Signs of emphasis, links and code in one block; a parser's time grows with their square. */
export const MARKS_MAX = 2_500;
/** Quotes and lists inside each other. */
export const DEPTH_MAX = 32;

const MARK = /[*_`~[\]!<$|\\]/g;

export function isTooMuch(text: string): boolean {
  if (text.length > BLOCK_CHARS_MAX) return true;
  const marks = text.match(MARK)?.length ?? 0;
  // A long table is nothing but bars, and cheap: marks are counted against the text they stand in.
  if (marks > MARKS_MAX && marks * 8 > text.length) return true;
  return text
    .split("\n")
    .some(
      (line) =>
        (line.match(/^[>\s]*/)?.[0].match(/>/g)?.length ?? 0) > DEPTH_MAX || depthOf(line) > DEPTH_MAX,
    );
}

/** How many list markers a line begins with: `- - - - text` nests four deep. */
function depthOf(line: string): number {
  return line.match(/^(?:\s*(?:[-*+>]|\d{1,9}[.)])(?=\s|$))+/)?.[0].match(/[-*+>]|\d+[.)]/g)?.length ?? 0;
}

export function parseMarkdown(text: string): Root {
  return fromMarkdown(text, {
    extensions: [gfm(), mathsSyntax],
    mdastExtensions: [gfmFromMarkdown(), mathsTree],
  });
}

const DEFINITION = /^ {0,3}\[[^\]\n]{1,200}\]:[ \t]*\S.*$/gm;

/** The lines of a whole text that name links and footnotes, which blocks need that stand elsewhere. */
export function definitionsOf(source: string): string {
  if (!source.includes("]:")) return "";
  return (source.match(DEFINITION) ?? []).slice(0, 200).join("\n\n");
}
