/**
 * Splits Markdown into blocks that can be parsed and drawn by themselves, so that a growing reply costs only
 * its last block. Code and display maths come out whole and unparsed; everything else goes to the parser.
 */

export type Block =
  | { kind: "markdown"; start: number; text: string; closed: boolean }
  | { kind: "code"; start: number; text: string; info: string; closed: boolean }
  | { kind: "math"; start: number; text: string; closed: boolean };

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)$/;
const ANY_FENCE = /^(\s*)(?:(?:[-*+]|\d{1,9}[.)])\s+)?(`{3,}|~{3,})([^\n]*)$/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const INDENTED = /^(?: {2,}|\t)/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;
const MATH_OPEN = /^ {0,3}(\$\$|\\\[)(.*)$/;

interface Line {
  start: number;
  /** Without its line break. */
  text: string;
  /** Where the next line starts. */
  end: number;
}

function lineAt(source: string, start: number): Line {
  const at = source.indexOf("\n", start);
  const end = at < 0 ? source.length : at + 1;
  const raw = source.slice(start, at < 0 ? end : at);
  return { start, text: raw.endsWith("\r") ? raw.slice(0, -1) : raw, end };
}

function closes(line: string, fence: string): boolean {
  const trimmed = line.trim();
  if (trimmed.length < fence.length || trimmed[0] !== fence[0]) return false;
  return [...trimmed].every((character) => character === fence[0]);
}

function fenceOf(line: string): RegExpExecArray | undefined {
  const match = FENCE.exec(line);
  if (!match || (match[2]?.startsWith("`") && match[3]?.includes("`"))) return undefined;
  return match;
}

/** A fenced block that begins at `first`. An indented fence takes its indent from every line. */
function codeBlock(source: string, first: Line, match: RegExpExecArray): [Block, number] {
  const indent = match[1]?.length ?? 0;
  const fence = match[2] ?? "```";
  const lines: string[] = [];
  let at = first.end;
  let closed = false;
  while (at < source.length && !closed) {
    const line = lineAt(source, at);
    at = line.end;
    if (closes(line.text, fence)) closed = true;
    else lines.push(indent > 0 ? line.text.replace(new RegExp(`^ {0,${indent}}`), "") : line.text);
  }
  // The break before an end that has not come yet belongs to the code: a reply stops in the middle of a line.
  if (!closed && source.endsWith("\n") && lines.length > 0) lines.push("");
  const text = lines.join("\n");
  return [{ kind: "code", start: first.start, text, info: (match[3] ?? "").trim(), closed }, at];
}

/** Display maths that begins at `first`, or nothing when it isn't: formulas have no empty line in them. */
function mathBlock(source: string, first: Line, match: RegExpExecArray): [Block, number] | undefined {
  const close = match[1] === "$$" ? "$$" : "\\]";
  const rest = (match[2] ?? "").trimEnd();
  if (rest.includes(close)) {
    if (!rest.endsWith(close) || rest.indexOf(close) !== rest.length - close.length) return undefined;
    return [
      { kind: "math", start: first.start, text: rest.slice(0, -close.length).trim(), closed: true },
      first.end,
    ];
  }
  const lines = [rest];
  let at = first.end;
  while (at < source.length) {
    const line = lineAt(source, at);
    const text = line.text.trimEnd();
    if (text.trim() === "") return undefined;
    at = line.end;
    const end = text.indexOf(close);
    if (end >= 0 && end !== text.length - close.length) return undefined;
    if (end >= 0) {
      lines.push(text.slice(0, end));
      return [{ kind: "math", start: first.start, text: lines.join("\n").trim(), closed: true }, at];
    }
    lines.push(text);
  }
  // A dollar sign alone at the end of what has come so far may still become anything.
  if (first.end === source.length && !rest.trim()) return undefined;
  return [{ kind: "math", start: first.start, text: lines.join("\n").trim(), closed: false }, at];
}

/** Where a block of ordinary Markdown that begins at `first` ends. */
function markdownEnd(source: string, first: Line): number {
  const isList = LIST_ITEM.test(first.text);
  if (HEADING.test(first.text)) return first.end;
  let at = first.start;
  let blank = false;
  let nested: { fence: string; indent: number } | undefined;
  while (at < source.length) {
    const line = lineAt(source, at);
    const empty = line.text.trim() === "";
    if (nested && !empty && indentOf(line.text) < nested.indent && !closes(line.text, nested.fence))
      nested = undefined;
    if (nested) {
      if (closes(line.text, nested.fence)) nested = undefined;
    } else if (!empty && line.start > first.start && endsBefore(line.text, isList, blank)) {
      return line.start;
    } else if (isList) {
      const fence = ANY_FENCE.exec(line.text);
      if (fence?.[2]) nested = { fence: fence[2], indent: Math.min(2, indentOf(line.text)) };
    }
    blank = empty && !nested;
    at = line.end;
  }
  return at;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function endsBefore(line: string, isList: boolean, afterBlank: boolean): boolean {
  if (isList && (INDENTED.test(line) || LIST_ITEM.test(line))) return false;
  if (HEADING.test(line) || fenceOf(line) || MATH_OPEN.test(line)) return true;
  // Four columns of indent go on with nothing: an indented block after a blank line stands by itself.
  return afterBlank;
}

/** Splits what begins at `from`, which must be where a block begins. */
export function splitBlocks(source: string, from = 0): Block[] {
  const blocks: Block[] = [];
  let at = from;
  while (at < source.length) {
    const line = lineAt(source, at);
    if (line.text.trim() === "") {
      at = line.end;
      continue;
    }
    const fence = fenceOf(line.text);
    const math = MATH_OPEN.exec(line.text);
    const whole = fence ? codeBlock(source, line, fence) : math ? mathBlock(source, line, math) : undefined;
    const end = whole ? whole[1] : markdownEnd(source, line);
    blocks.push(
      whole?.[0] ?? { kind: "markdown", start: at, text: source.slice(at, end), closed: end < source.length },
    );
    at = end;
  }
  return blocks;
}

function isSame(one: Block, other: Block): boolean {
  if (one.kind !== other.kind || one.text !== other.text || one.closed !== other.closed) return false;
  return one.kind !== "code" || other.kind !== "code" || one.info === other.info;
}

/** Remembers the blocks of a text that only grows, and splits again from its last block alone. */
export class GrowingBlocks {
  #source = "";
  #blocks: Block[] = [];

  update(source: string): readonly Block[] {
    if (source === this.#source) return this.#blocks;
    const grown = source.length > this.#source.length && source.startsWith(this.#source);
    // The block before the last may still be touched: "text" and then "---" make one heading.
    const kept = grown ? this.#blocks.slice(0, -2) : [];
    const from = grown ? (this.#blocks[kept.length]?.start ?? 0) : 0;
    this.#blocks = [...kept, ...this.#reused(splitBlocks(source, from))];
    this.#source = source;
    return this.#blocks;
  }

  /** Gives back the very object of a block that did not change, so memoised parts need no comparison of text. */
  #reused(fresh: Block[]): Block[] {
    return fresh.map((block) => {
      const old = this.#blocks.find((candidate) => candidate.start === block.start);
      return old && isSame(old, block) ? old : block;
    });
  }
}
