import { ChangeSet, Text } from "@codemirror/state";

/** A change as it travels (DO2). */
export type ChangeJson = (number | [number, ...string[]])[];

/** Text with LF alone, whatever ends its lines (DO1). */
export function normalised(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/** A text as CodeMirror keeps it. */
export function textOf(text: string): Text {
  return Text.of(normalised(text).split("\n"));
}

/** Reads a change that came; throws when it is none, or none of a text this long. */
export function changeFrom(json: unknown, length: number): ChangeSet {
  const change = ChangeSet.fromJSON(json);
  if (change.length !== length) {
    throw new RangeError(`a change of ${change.length} units for a text of ${length}`);
  }
  return change;
}

/** A change as it is sent. */
export function jsonOf(change: ChangeSet): ChangeJson {
  return change.toJSON() as ChangeJson;
}

/** The change with the fewest characters in one place that makes one text the other; no surrogate pair is cut. */
export function difference(before: string, after: string): ChangeSet {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before.charCodeAt(from) === after.charCodeAt(from)) from += 1;
  if (cutsPair(before, from) || cutsPair(after, from)) from -= 1;
  let same = 0;
  const rest = most - from;
  while (
    same < rest &&
    before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)
  ) {
    same += 1;
  }
  if (cutsPair(before, before.length - same) || cutsPair(after, after.length - same)) same -= 1;
  const to = before.length - same;
  const insert = Text.of(after.slice(from, after.length - same).split("\n"));
  return from === to && insert.length === 0
    ? ChangeSet.empty(before.length)
    : ChangeSet.of({ from, to, insert }, before.length);
}

/** Whether a place in a text is in the middle of a surrogate pair. */
export function cutsPair(text: string, at: number): boolean {
  return isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
