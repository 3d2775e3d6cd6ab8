// @vitest-environment happy-dom
import { EditorSelection, EditorState, type Extension, StateField, Transaction } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type BindingOptions, bindDocument, caretsField, fromElsewhere } from "../../src/codemirror.js";
import { chance } from "../support/chance.js";
import { event, SESSION } from "../support/fixtures.js";
import { onFakeTime } from "../support/harness.js";
import { type Guest, Room } from "../support/room.js";
import { Typists } from "../support/typist.js";

onFakeTime();

const views: EditorView[] = [];
afterEach(() => {
  for (const view of views.splice(0)) view.destroy();
});

function editor(guest: Guest, options: BindingOptions = {}, more: Extension = []): EditorView {
  const view = new EditorView({
    state: EditorState.create({ extensions: [bindDocument(guest.store, options), more] }),
    parent: document.body,
  });
  views.push(view);
  return view;
}

async function pair(text = "abc", more: Extension = []) {
  const room = new Room(text);
  const [mine, theirs] = [await room.enter("usr_me"), await room.enter("usr_you")];
  const [left, right] = [editor(mine, {}, more), editor(theirs)];
  await room.rest();
  return { room, mine, theirs, left, right };
}

const type = (view: EditorView, from: number, insert: string, to = from) =>
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });

const text = (view: EditorView) => view.state.doc.toString();

/** Every change that an editor took, and whether it came from elsewhere. */
const heard: { readonly mine: boolean }[] = [];
const hearing = EditorView.updateListener.of(({ transactions }) => {
  for (const tr of transactions) {
    if (tr.docChanged) heard.push({ mine: tr.annotation(fromElsewhere) === undefined });
  }
});

describe("a CodeMirror editor", () => {
  it("do3_takes_no_edit_before_the_text_is_there_and_then_shows_it", async () => {
    const room = new Room("one\ntwo");
    const mine = await room.enter("usr_me");
    const view = editor(mine);
    type(view, 0, "x");
    await vi.advanceTimersByTimeAsync(10);
    type(view, 0, "x");
    expect(text(view)).toBe("");
    await room.rest();
    expect([text(view), view.state.doc.lines]).toEqual(["one\ntwo", 2]);
    type(view, 0, "x");
    await room.rest();
    expect(room.authority.text.toString()).toBe("xone\ntwo");
  });

  it("do9_and_another_are_equal_and_an_echo_is_told_by_its_mark_not_its_text", async () => {
    heard.length = 0;
    const { room, mine, left, right } = await pair("aa", hearing);
    heard.length = 0;
    type(left, 1, "a");
    type(right, 1, "a");
    await room.rest();
    expect([text(left), text(right), room.authority.text.toString()]).toEqual(["aaaa", "aaaa", "aaaa"]);
    expect(heard.map((one) => one.mine)).toEqual([true, false]);
    expect(mine.h.socket().sent("code_change").length).toBe(1);
  });

  it("do9_two_editors_of_one_client_show_the_same", async () => {
    const { room, mine, left } = await pair();
    const second = editor(mine);
    await vi.advanceTimersByTimeAsync(10);
    type(second, 3, "!");
    type(left, 0, "?");
    await room.rest();
    expect([text(left), text(second), room.authority.text.toString()]).toEqual(["?abc!", "?abc!", "?abc!"]);
  });

  it("do1_a_paste_with_crlf_is_lf_for_everyone", async () => {
    const { room, left, right } = await pair("");
    left.dispatch(left.state.replaceSelection("a\r\nb\rc"));
    await room.rest();
    expect([text(right), right.state.doc.lines, room.authority.text.toString()]).toEqual([
      "a\nb\nc",
      3,
      "a\nb\nc",
    ]);
  });

  it("do9_several_changes_of_one_transaction_and_several_transactions_at_once_arrive", async () => {
    const { room, left, right } = await pair("one two");
    left.dispatch({
      changes: [
        { from: 0, to: 3, insert: "1" },
        { from: 4, to: 7, insert: "2" },
      ],
    });
    const first = left.state.update({ changes: { from: 0, insert: "(" } });
    const second = first.state.update({ changes: { from: 4, insert: ")" } });
    left.update([first, second]);
    await room.rest();
    expect([text(left), text(right)]).toEqual(["(1 2)", "(1 2)"]);
  });

  it("do7_what_comes_from_elsewhere_is_no_step_of_undo", async () => {
    const kept: unknown[] = [];
    const steps = StateField.define<number>({
      create: () => 0,
      update: (count, tr) => {
        if (tr.docChanged)
          kept.push(tr.annotation(fromElsewhere) !== undefined, tr.annotation(Transaction.addToHistory));
        return count;
      },
    });
    const { room, left, right } = await pair("abc", steps);
    kept.length = 0;
    type(right, 0, "x");
    await room.rest();
    type(left, 0, "y");
    expect(kept).toEqual([true, false, false, undefined]);
  });

  it("do5_shows_the_others_carets_and_tells_ones_own", async () => {
    const { room, mine, theirs, left, right } = await pair("abcdef");
    right.dispatch({ selection: EditorSelection.single(2, 4) });
    await room.rest();
    await vi.advanceTimersByTimeAsync(120);
    expect(theirs.h.socket().last("cursor_update").data).toMatchObject({ selection: { anchor: 2, head: 4 } });
    const shown = () => left.state.field(caretsField).decorations;
    const places = () => {
      const found: number[][] = [];
      shown().between(0, 99, (from, to) => void found.push([from, to]));
      return found;
    };
    expect(places()).toEqual([
      [2, 4],
      [4, 4],
    ]);
    expect(left.dom.querySelector(".madang-caret")?.getAttribute("style")).toContain("red");
    type(left, 0, "xx");
    expect(places()).toEqual([
      [4, 6],
      [6, 6],
    ]);
    expect(mine.h.socket().sent("code_change").at(-1)?.data.selection).toEqual({ anchor: 2, head: 2 });
    room.tell(event("cursor_removed", { session_id: SESSION, document: 1, user_id: "usr_you" }));
    await room.rest();
    await vi.advanceTimersByTimeAsync(120);
    expect(places()).toEqual([]);
  });

  it("do9_random_editors_are_equal_at_rest", async () => {
    for (let seed = 0; seed < 25; seed += 1) {
      const random = chance(seed);
      const typists = new Typists(random);
      const { room, left, right } = await pair("one\ntwo\nthree");
      for (let step = 0; step < 60; step += 1) {
        const view = random() < 0.5 ? left : right;
        const guest = room.guests[Math.floor(random() * 2)] as Guest;
        const kind = random();
        if (kind < 0.4) view.dispatch({ changes: typists.edit(view.state.doc) });
        else if (kind < 0.7) guest.serve();
        else await guest.hear(1 + Math.floor(random() * 3));
      }
      await room.rest();
      const final = room.authority.text.toString();
      expect([text(left), text(right)], `seed ${seed}`).toEqual([final, final]);
      expect(typists.lost(final)).toEqual([]);
      for (const view of views.splice(0)) view.destroy();
    }
  });

  it("do3_that_is_destroyed_hears_nothing_more", async () => {
    const { room, mine, left, right } = await pair();
    left.destroy();
    type(right, 0, "x");
    await room.rest();
    expect([text(left), mine.pad.text(), mine.h.errors]).toEqual(["abc", "xabc", []]);
  });
});
