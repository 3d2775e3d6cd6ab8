import { describe, expect, it, vi } from "vitest";
import {
  bindMonaco,
  type MonacoBindingOptions,
  type MonacoContentEvent,
  type MonacoEdit,
  type MonacoModel,
  type MonacoPosition,
} from "../../src/monaco.js";
import { chance } from "../support/chance.js";
import { onFakeTime } from "../support/harness.js";
import { type Guest, Room } from "../support/room.js";
import { Typists } from "../support/typist.js";

onFakeTime();

/** A model that behaves as Monaco's does: offsets count its own ends of lines, and every change is told, whoever made it. */
class Model implements MonacoModel {
  #text: string;
  readonly #listeners = new Set<(event: MonacoContentEvent) => void>();

  constructor(text = "", eol = "\n") {
    this.#text = text.replace(/\r\n|\r|\n/g, eol);
    this.eol = eol;
  }

  eol: string;

  getValue(eol?: number): string {
    return eol === 1 ? this.#text.replaceAll("\r\n", "\n") : this.#text;
  }

  getValueLength(eol?: number): number {
    return this.getValue(eol).length;
  }

  getEOL(): string {
    return this.eol;
  }

  setEOL(eol: number): void {
    const before = this.#text.length;
    this.eol = eol === 0 ? "\n" : "\r\n";
    this.#text = this.#text.replace(/\r\n|\n/g, this.eol);
    this.#tell([{ rangeOffset: 0, rangeLength: before, text: this.#text }]);
  }

  /** Everything is another, as `setValue` and a formatter that knows no better do it. */
  setValue(text: string): void {
    const before = this.#text.length;
    this.eol = text.includes("\r\n") ? "\r\n" : "\n";
    this.#text = text;
    this.#tell([{ rangeOffset: 0, rangeLength: before, text }]);
  }

  getPositionAt(offset: number): MonacoPosition {
    const lines = this.#text.slice(0, offset).split("\n");
    return { lineNumber: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  }

  getOffsetAt({ lineNumber, column }: MonacoPosition): number {
    const lines = this.#text.split("\n").slice(0, lineNumber - 1);
    return lines.reduce((sum, line) => sum + line.length + 1, 0) + column - 1;
  }

  applyEdits(edits: MonacoEdit[]): void {
    const changes = edits.map(({ range, text }) => {
      const from = this.getOffsetAt({ lineNumber: range.startLineNumber, column: range.startColumn });
      const to = this.getOffsetAt({ lineNumber: range.endLineNumber, column: range.endColumn });
      return { rangeOffset: from, rangeLength: to - from, text: text.replace(/\r\n|\n/g, this.eol) };
    });
    this.type(...changes);
  }

  /** Someone edits here: all places are of the text before. */
  type(...changes: MonacoContentEvent["changes"]): void {
    const last = [...changes].sort((a, b) => b.rangeOffset - a.rangeOffset);
    for (const { rangeOffset, rangeLength, text } of last) {
      this.#text = this.#text.slice(0, rangeOffset) + text + this.#text.slice(rangeOffset + rangeLength);
    }
    this.#tell(last);
  }

  onDidChangeContent(listener: (event: MonacoContentEvent) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  #tell(changes: MonacoContentEvent["changes"]): void {
    for (const listener of [...this.#listeners]) listener({ changes });
  }
}

async function bound(text = "abc", model = new Model(), options: MonacoBindingOptions = {}) {
  const room = new Room(text);
  const [mine, theirs] = [await room.enter("usr_me"), await room.enter("usr_you")];
  const binding = bindMonaco(mine.store, model, options);
  await room.rest();
  return { room, mine, theirs, model, binding };
}

const sent = (guest: Guest) =>
  guest.h
    .socket()
    .sent("code_change")
    .map(({ data }) => data.change);

describe("a Monaco model", () => {
  it("do1_with_crlf_is_made_lf_and_stays_so", async () => {
    const { room, mine, theirs, model } = await bound("one\ntwo\n", new Model("old\r\ntext", "\r\n"));
    expect([model.getEOL(), model.getValue(), sent(mine)]).toEqual(["\n", "one\ntwo\n", []]);
    model.setValue("one\r\ntwo\r\nthree");
    await room.rest();
    expect([model.getEOL(), model.getValue(), theirs.pad.text()]).toEqual([
      "\n",
      "one\ntwo\nthree",
      "one\ntwo\nthree",
    ]);
    expect(sent(mine)).toEqual([[8, [0, "three"]]]);
    model.setEOL(1);
    await room.rest();
    expect([model.getEOL(), sent(mine).length]).toEqual(["\n", 1]);
    model.type({ rangeOffset: 3, rangeLength: 0, text: "!" });
    await room.rest();
    expect(theirs.pad.text()).toBe("one!\ntwo\nthree");
  });

  it("do4_several_changes_of_one_event_are_of_the_text_before_it", async () => {
    const { room, mine, theirs, model } = await bound("one two three");
    model.type(
      { rangeOffset: 0, rangeLength: 3, text: "1\n1" },
      { rangeOffset: 8, rangeLength: 5, text: "3" },
      { rangeOffset: 4, rangeLength: 3, text: "" },
    );
    await room.rest();
    expect([theirs.pad.text(), sent(mine).length]).toEqual(["1\n1  3", 1]);
    theirs.pad.type(0, "> ");
    theirs.pad.type(theirs.pad.doc.length, "!");
    await room.rest();
    expect([model.getValue(), sent(mine).length]).toEqual(["> 1\n1  3!", 1]);
  });

  it("do4_a_text_that_is_set_whole_is_compared", async () => {
    const { room, mine, theirs, model } = await bound("function f() {\n  return 1;\n}\n");
    model.setValue("function f() {\n  return 👍;\n}\n");
    await room.rest();
    expect(sent(mine)).toEqual([[24, [1, "👍"], 4]]);
    expect(theirs.pad.text()).toBe(model.getValue());
    model.setValue(model.getValue());
    await room.rest();
    expect(sent(mine).length).toBe(1);
  });

  it("do9_an_echo_is_told_by_a_flag_and_not_by_its_text", async () => {
    const { room, mine, theirs, model } = await bound("aa");
    model.type({ rangeOffset: 1, rangeLength: 0, text: "a" });
    theirs.pad.type(1, "a");
    await room.rest();
    expect([model.getValue(), theirs.pad.text(), sent(mine).length]).toEqual(["aaaa", "aaaa", 1]);
  });

  it("do7_undo_takes_back_ones_own_and_nothing_else", async () => {
    const { room, theirs, model, binding } = await bound("abc");
    expect(binding.undo()).toBe(false);
    model.type({ rangeOffset: 0, rangeLength: 0, text: "1" });
    model.type({ rangeOffset: 4, rangeLength: 0, text: "2" });
    theirs.pad.type(1, "XX");
    await room.rest();
    expect(model.getValue()).toBe("1aXXbc2");
    expect([binding.undo(), model.getValue()]).toEqual([true, "1aXXbc"]);
    theirs.pad.type(0, "Y");
    await room.rest();
    expect([binding.undo(), binding.undo()]).toEqual([true, false]);
    await room.rest();
    expect([model.getValue(), theirs.pad.text()]).toEqual(["YaXXbc", "YaXXbc"]);
    expect([binding.redo(), binding.redo(), binding.redo()]).toEqual([true, true, false]);
    await room.rest();
    expect([model.getValue(), theirs.pad.text()]).toEqual(["Y1aXXbc2", "Y1aXXbc2"]);
  });

  it("do5_cursors_come_in_lines_and_columns_and_go_in_units", async () => {
    const onCursors = vi.fn();
    const { room, mine, theirs, binding } = await bound("one\ntwo", new Model(), { onCursors });
    theirs.store.select({ anchor: 4, head: 7 });
    binding.select({ lineNumber: 2, column: 2 }, { lineNumber: 1, column: 1 });
    await room.rest();
    await vi.advanceTimersByTimeAsync(30);
    expect(onCursors).toHaveBeenLastCalledWith([
      expect.objectContaining({
        userId: "usr_you",
        anchorPosition: { lineNumber: 2, column: 1 },
        position: { lineNumber: 2, column: 4 },
      }),
    ]);
    expect(mine.h.socket().last("cursor_update").data.selection).toEqual({ anchor: 0, head: 5 });
    binding.select(null);
    binding.dispose();
  });

  it("do9_random_models_are_equal_at_rest", async () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const random = chance(seed);
      const typists = new Typists(random);
      const { room, mine, theirs, model, binding } = await bound("one\ntwo\nthree");
      for (let step = 0; step < 80; step += 1) {
        const guest = random() < 0.5 ? mine : theirs;
        const kind = random();
        if (kind < 0.2) theirs.pad.edit(typists.edit(theirs.pad.doc));
        else if (kind < 0.4 && mine.store.text !== null) {
          const changes: { rangeOffset: number; rangeLength: number; text: string }[] = [];
          typists.edit(mine.store.text).iterChanges((from, to, _fromB, _toB, inserted) => {
            changes.push({ rangeOffset: from, rangeLength: to - from, text: inserted.toString() });
          });
          if (changes.length > 0) model.type(...changes);
        } else if (kind < 0.7) guest.serve();
        else await guest.hear(1 + Math.floor(random() * 3));
      }
      await room.rest();
      const text = room.authority.text.toString();
      expect([model.getValue(), theirs.pad.text()], `seed ${seed}`).toEqual([text, text]);
      expect(typists.lost(text)).toEqual([]);
      while (binding.undo());
      await room.rest();
      expect([model.getValue(), theirs.pad.text()]).toEqual(Array(2).fill(room.authority.text.toString()));
      binding.dispose();
    }
  });

  it("do3_that_is_let_go_of_hears_nothing_more", async () => {
    const { room, theirs, model, binding } = await bound();
    binding.dispose();
    theirs.pad.type(0, "x");
    model.type({ rangeOffset: 3, rangeLength: 0, text: "y" });
    await room.rest();
    expect([model.getValue(), theirs.pad.text()]).toEqual(["abcy", "xabc"]);
  });
});
