/** Colours for code, in slices of time: a long or hostile text never holds the page. */
import type { Tree } from "@lezer/common";
import { highlightTree, tagHighlighter, tags } from "@lezer/highlight";
import { GRAMMARS } from "./lezer.js";
import { READERS, readTokens } from "./stream.js";
import { type Token, Tokens } from "./tokens.js";

/** Characters beyond which code stays plain. */
export const CODE_CHARS_MAX = 100_000;
/** Characters of one line beyond which code stays plain: readers by line go back and forth in it. */
export const LINE_CHARS_MAX = 5_000;
/** Milliseconds of parsing before the page gets a turn, and in all before it is given up. */
const SLICE_MS = 8;
const TOTAL_MS = 400;

const colours = tagHighlighter([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.self, tags.tagName], class: "tok-keyword" },
  {
    tag: [tags.string, tags.special(tags.string), tags.regexp, tags.character, tags.attributeValue],
    class: "tok-string",
  },
  {
    tag: [tags.number, tags.bool, tags.null, tags.atom, tags.escape, tags.unit, tags.color],
    class: "tok-number",
  },
  { tag: [tags.typeName, tags.className, tags.namespace], class: "tok-type" },
  {
    tag: [
      tags.function(tags.variableName),
      tags.function(tags.propertyName),
      tags.definition(tags.variableName),
      tags.definition(tags.propertyName),
      tags.attributeName,
      tags.macroName,
      tags.labelName,
    ],
    class: "tok-name",
  },
  { tag: [tags.comment, tags.lineComment, tags.blockComment, tags.docComment], class: "tok-comment" },
  { tag: [tags.meta, tags.processingInstruction, tags.documentMeta], class: "tok-meta" },
]);

export function canColour(language: string | undefined): language is string {
  return language !== undefined && (Object.hasOwn(GRAMMARS, language) || Object.hasOwn(READERS, language));
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** The coloured pieces of `code`; nothing when it is too much or the work was called off. */
export async function colour(
  code: string,
  language: string,
  signal: AbortSignal,
): Promise<Tokens | undefined> {
  if (code.length > CODE_CHARS_MAX || code.split("\n").some((line) => line.length > LINE_CHARS_MAX))
    return undefined;
  const grammar = Object.hasOwn(GRAMMARS, language) ? GRAMMARS[language] : undefined;
  if (!grammar) {
    const reader = await READERS[language]?.();
    return reader && !signal.aborted ? readTokens(reader, code) : undefined;
  }
  const parser = await grammar();
  const parse = parser.startParse(code);
  const began = performance.now();
  let sliceEnd = began + SLICE_MS;
  let tree: Tree | null = null;
  while (!tree) {
    tree = parse.advance();
    const now = performance.now();
    if (now < sliceEnd) continue;
    if (signal.aborted || now - began > TOTAL_MS) return undefined;
    await turn();
    sliceEnd = performance.now() + SLICE_MS;
  }
  if (signal.aborted) return undefined;
  const tokens: Token[] = [];
  highlightTree(tree, colours, (from, to, kind) => tokens.push({ from, to, kind }));
  return new Tokens(tokens, code.length);
}
