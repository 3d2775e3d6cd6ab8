/** Completes what a stream has cut in the middle, so that half-written Markdown doesn't flicker between two looks. */

const DELIMITER_ROW = /^\s*\|?[\s:|-]*$/;

function countOf(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

/** A header row alone, or with half of its rule: given a rule, it is a table from its first line on. */
function mendTable(text: string): string {
  const lines = text.trimEnd().split("\n");
  const at = lines.findIndex((line) => line.trimStart().startsWith("|"));
  const head = lines[at];
  if (head === undefined || lines.length - at > 2) return text;
  const rule = lines[at + 1];
  if (rule !== undefined && !DELIMITER_ROW.test(rule)) return text;
  const cells = head
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|").length;
  if (rule === undefined && (!head.trimEnd().endsWith("|") || cells < 2)) return text;
  return [...lines.slice(0, at + 1), `|${" --- |".repeat(cells)}`].join("\n");
}

/** A link or image whose address is still coming: its words alone. */
function mendLink(text: string): string {
  return text.replace(/!?\[([^\][\n]*)\](?:\([^)\s]*)?$/, (whole, words: string) =>
    whole.startsWith("!") || !whole.includes("(") ? (whole.startsWith("!") ? "" : whole) : words,
  );
}

/** Signs of a beginning whose end has not come: closed at the end of what is there. */
function mendMarks(text: string): string {
  const tail = text.slice(text.lastIndexOf("\n\n") + 1);
  if (countOf(tail, "`") % 2 === 1) return `${text}\``;
  let mended = text;
  const prose = tail.replace(/`[^`]*`/g, "");
  if (countOf(prose, "**") % 2 === 1)
    mended = mended.endsWith("**") ? mended.slice(0, -2) : `${mended.trimEnd()}**`;
  if (countOf(prose, "~~") % 2 === 1)
    mended = mended.endsWith("~~") ? mended.slice(0, -2) : `${mended.trimEnd()}~~`;
  return mended;
}

/** A rule that may become a heading's underline, a list or a table: not shown before the next character tells. */
function mendUnderline(text: string): string {
  const at = text.lastIndexOf("\n");
  if (at <= 0 || !/^ {0,3}(?:-+|=+|\*+|\+|\d{1,9}[.)]?)\s*$/.test(text.slice(at + 1))) return text;
  return text.slice(0, at);
}

/** The last block of a reply that is still being written, as it may be drawn now. */
export function mend(text: string): string {
  return mendMarks(mendLink(mendUnderline(mendTable(text))));
}
