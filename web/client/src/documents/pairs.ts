import { ChangeSet, Text } from "@codemirror/state";
import { cutsPair } from "./text.js";

/** What no document holds: half a surrogate pair, alone; and CR, which an editor may let in that was told to keep it. */
const FOREIGN = /\p{Surrogate}|\r/gu;

/** What stands in its place, unit by unit. */
function replacement(foreign: string): string {
  return foreign === "\r" ? "\n" : "\ufffd";
}

/** Whether a change of `before` cuts no surrogate pair and brings no half of one and no CR; others are not to be sent (DO1). */
export function isWhole(change: ChangeSet, before: Text): boolean {
  let whole = true;
  change.iterChanges((fromA, toA, _fromB, _toB, inserted) => {
    whole &&= !cutIn(before, fromA) && !cutIn(before, toA) && inserted.toString().search(FOREIGN) < 0;
  }, true);
  return whole;
}

/** A change that can be sent, and what has to be done to the text that the other one made to get there. */
export interface Mended {
  readonly change: ChangeSet;
  /** Replaces each half of a pair, unit by unit: no place moves. */
  readonly fix: ChangeSet;
}

/** Makes a change whole: pairs that it cuts are replaced as a whole, halves of pairs by U+FFFD, and CR by LF. */
export function mended(change: ChangeSet, before: Text, after: Text): Mended {
  const whole: { from: number; to: number; insert: Text }[] = [];
  const fixes: { from: number; to: number; insert: string }[] = [];
  change.iterChanges((fromA, toA, fromB, toB) => {
    const left = cutIn(before, fromA) ? 1 : 0;
    const right = cutIn(before, toA) ? 1 : 0;
    const made = after.sliceString(fromB - left, toB + right, "\n");
    for (const { index, 0: foreign } of made.matchAll(FOREIGN)) {
      const from = fromB - left + index;
      fixes.push({ from, to: from + 1, insert: replacement(foreign) });
    }
    const insert = Text.of(made.replace(FOREIGN, replacement).split("\n"));
    whole.push({ from: fromA - left, to: toA + right, insert });
  });
  return { change: ChangeSet.of(whole, before.length), fix: ChangeSet.of(fixes, after.length) };
}

function cutIn(text: Text, at: number): boolean {
  if (at <= 0 || at >= text.length) return false;
  return cutsPair(text.sliceString(at - 1, at + 1, "\n"), 1);
}
