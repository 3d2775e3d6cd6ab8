import { ChangeSet, Text } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { split } from "../../src/documents/split.js";
import { difference, jsonOf, normalised } from "../../src/documents/text.js";
import { chance, pieces } from "../support/chance.js";

const bytes = (change: ChangeSet) => new TextEncoder().encode(JSON.stringify(jsonOf(change))).length;
const textOf = (text: string) => Text.of(text.split("\n"));

/** All pieces of a change, each within the limits. */
function cut(change: ChangeSet, limits: { bytes: number; sections: number }): ChangeSet[] {
  const made: ChangeSet[] = [];
  let rest: ChangeSet | null = change;
  while (rest !== null) {
    const [first, left]: readonly [ChangeSet, ChangeSet | null] = split(rest, limits);
    expect(bytes(first)).toBeLessThanOrEqual(limits.bytes);
    expect(jsonOf(first).length).toBeLessThanOrEqual(limits.sections);
    expect(first.empty).toBe(false);
    made.push(first);
    rest = left;
  }
  return made;
}

describe("changes larger than the limits", () => {
  it("do2_do_the_same_in_pieces_that_are_within_them_and_cut_no_pair", () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const random = chance(seed);
      const before = textOf(pieces(random, 30).join(""));
      const edits = Array.from({ length: 4 }, () => {
        const [from = 0, to = 0] = [random(), random()]
          .map((at) => Math.floor(at * (before.length + 1)))
          .sort((a, b) => a - b);
        return ChangeSet.of({ from, to, insert: textOf(pieces(random, 20).join("")) }, before.length);
      });
      let change = ChangeSet.empty(before.length);
      for (const edit of edits) change = change.compose(edit.map(change));
      if (change.empty) continue;
      const made = cut(change, { bytes: 120, sections: 5 });
      let text = before;
      for (const piece of made) {
        text = piece.apply(text);
        expect(ChangeSet.fromJSON(piece.toJSON()).toJSON()).toEqual(piece.toJSON());
      }
      expect(text.toString()).toBe(change.apply(before).toString());
    }
  });

  it("do2_a_paste_of_a_megabyte_is_sent_in_pieces_of_a_message", () => {
    const paste = "👍 line\n".repeat(125_000);
    const change = ChangeSet.of({ from: 1, to: 2, insert: textOf(paste) }, 3);
    const made = cut(change, { bytes: 258_048, sections: 10_000 });
    expect(made.length).toBe(6);
    for (const piece of made) expect(/\p{Surrogate}/u.test(JSON.stringify(jsonOf(piece)))).toBe(false);
    expect(made.reduce((text, piece) => piece.apply(text), textOf("abc")).toString()).toBe(`a${paste}c`);
  });

  it("do2_one_that_is_within_them_stays_as_it_is", () => {
    const change = ChangeSet.of({ from: 0, insert: "x" }, 3);
    expect(split(change, { bytes: 100, sections: 3 })).toEqual([change, null]);
  });
});

describe("differences", () => {
  it.each([
    ["", "", []],
    ["abc", "abc", [3]],
    ["abc", "abxc", [2, [0, "x"], 1]],
    ["aaa", "aa", [2, [1]]],
    ["👍", "👎", [[2, "👎"]]],
    ["x👍👍", "x👍", [3, [2]]],
    ["\ud83d\udc4d", "\ud83e\udc4d", [[2, "\ud83e\udc4d"]]],
    ["one\ntwo", "one\n2", [4, [3, "2"]]],
  ])("do1_between_%j_and_%j_are_as_few_as_can_be_and_cut_no_pair", (before, after, json) => {
    expect(difference(before, after).toJSON()).toEqual(json);
  });

  it("do1_make_the_one_the_other", () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const random = chance(seed);
      const [before, after] = [pieces(random, 12).join(""), pieces(random, 12).join("")];
      expect(difference(before, after).apply(textOf(before)).toString()).toBe(after);
    }
  });

  it("do1_cr_and_crlf_are_lf", () => {
    expect(normalised("a\r\nb\rc\n\r\n")).toBe("a\nb\nc\n\n");
  });
});
