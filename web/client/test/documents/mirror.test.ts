import { ChangeSet, Text } from "@codemirror/state";
import type { CodeChange, CodeChanged } from "@madang/protocol";
import { describe, expect, it } from "vitest";
import { Mirror, type Outgoing } from "../../src/documents/mirror.js";
import { jsonOf } from "../../src/documents/text.js";
import { Authority } from "../support/authority.js";
import { chance } from "../support/chance.js";
import { SESSION } from "../support/fixtures.js";
import { Typists } from "../support/typist.js";

/** Runs of the storm, and steps of each. */
const SEEDS = 400;
const STEPS = 160;

/** What one client and the authority have on the way to each other. */
class Line {
  mirror: Mirror;
  readonly up: CodeChange[] = [];
  readonly down: (CodeChanged | { readonly error: string })[] = [];
  waits = false;
  /** Texts of edits that were not taken. */
  readonly aside: string[] = [];

  constructor(
    readonly userId: string,
    readonly authority: Authority,
  ) {
    this.mirror = new Mirror(authority.epoch, authority.version, authority.text.toString());
  }

  send(limits: { bytes: number; sections: number }, newId: () => string): void {
    if (this.waits) return;
    const change = this.mirror.take(limits, newId);
    if (change === null) return;
    this.waits = true;
    this.up.push(this.#command(change));
  }

  /** The authority reads the next command; everyone hears of it. */
  read(all: readonly Line[]): void {
    const command = this.up.shift();
    if (command === undefined) return;
    const verdict = this.authority.take(this.userId, command);
    if ("error" in verdict) this.down.push(verdict);
    else if (verdict.told !== null) for (const line of all) line.down.push(verdict.told);
  }

  hear(): void {
    const event = this.down.shift();
    if (event === undefined) return;
    if ("error" in event) {
      expect(event.error).toBe("STALE_BASE");
      this.#aside();
    } else if (event.version > this.mirror.version) this.#take(event);
  }

  /** The connection breaks: what was on its way is lost, one way after it was read and the other before. */
  reconnect(): void {
    this.up.length = 0;
    this.down.length = 0;
    this.waits = false;
    const answer = this.authority.open(this.mirror.version, this.mirror.epoch);
    if ("changes" in answer) for (const change of answer.changes) this.#take(change);
    else this.#aside();
  }

  #take(event: CodeChanged): void {
    if (event.op_id !== undefined && event.op_id === this.mirror.sent?.id) {
      expect(this.mirror.confirm(event.change)).toBe(true);
      this.waits = false;
    } else this.mirror.receive(event.change);
  }

  #aside(): void {
    if (this.mirror.unsent !== null) this.aside.push(this.mirror.text.toString());
    this.mirror = new Mirror(this.authority.epoch, this.authority.version, this.authority.text.toString());
    this.down.length = 0;
    this.waits = false;
  }

  #command({ id, change }: Outgoing): CodeChange {
    return { session_id: SESSION, base_version: this.mirror.version, op_id: id, change: jsonOf(change) };
  }
}

function storm(seed: number, how: { window: number; drops: number; bytes: number; sections: number }) {
  const random = chance(seed);
  const typists = new Typists(random);
  const authority = new Authority("one\ntwo 👩‍👩‍👧 three\n", how.window);
  const lines = Array.from({ length: 2 + Math.floor(random() * 3) }, (_, n) => new Line(`u${n}`, authority));
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `op${ids}`;
  };
  for (let step = 0; step < STEPS; step += 1) {
    const line = lines[Math.floor(random() * lines.length)] as Line;
    const kind = random();
    if (kind < 0.35) line.mirror.edit(typists.edit(line.mirror.text));
    else if (kind < 0.35 + how.drops) line.reconnect();
    else if (kind < 0.6 && line.mirror.whole) line.send(how, newId);
    else if (kind < 0.8) line.read(lines);
    else line.hear();
  }
  for (let round = 0; round < 10_000; round += 1) {
    for (const line of lines) {
      line.mirror.mend();
      line.send(how, newId);
      line.read(lines);
      line.hear();
    }
    if (lines.every(({ mirror, up, down }) => mirror.unsent === null && up.length + down.length === 0)) break;
  }
  return { typists, authority, lines };
}

const PLENTY = { window: Number.POSITIVE_INFINITY, bytes: 100_000, sections: 10_000 };

describe("many people in one text", () => {
  it.each([
    ["any delay", { ...PLENTY, drops: 0 }],
    ["lost connections", { ...PLENTY, drops: 0.06 }],
    ["lost connections, bases too old", { ...PLENTY, window: 4, drops: 0.06 }],
    ["changes cut in pieces", { ...PLENTY, bytes: 70, sections: 4, drops: 0.03 }],
  ])("do9_all_texts_are_equal_at_rest_and_nothing_typed_is_lost: %s", (_, how) => {
    let aside = 0;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const { typists, authority, lines } = storm(seed, how);
      const text = authority.text.toString();
      for (const { mirror } of lines) {
        expect(mirror.unsent, `seed ${seed}`).toBeNull();
        expect(mirror.text.toString(), `seed ${seed}`).toBe(text);
        expect(mirror.version).toBe(authority.version);
      }
      const kept = lines.flatMap((line) => line.aside);
      aside += kept.length;
      expect(typists.lost(text, ...kept), `seed ${seed}`).toEqual([]);
      expect(typists.doubled(text), `seed ${seed}`).toEqual([]);
    }
    // That bases are too old happens where it is to happen, and nowhere else.
    expect(aside > 0).toBe(how.window === 4);
  });
});

describe("a mirror", () => {
  const edit = (mirror: Mirror, from: number, to: number, insert: string) =>
    mirror.edit(ChangeSet.of({ from, to, insert }, mirror.text.length));
  const take = (mirror: Mirror) => mirror.take({ bytes: 1e6, sections: 1e4 }, () => "op");

  it("do9_keeps_what_was_sent_as_one_and_what_was_typed_since_as_one_other", () => {
    const mirror = new Mirror("e", 3, "abc");
    edit(mirror, 3, 3, "d");
    edit(mirror, 4, 4, "e");
    expect(take(mirror)).toMatchObject({ id: "op" });
    edit(mirror, 0, 1, "");
    edit(mirror, 0, 0, "A");
    expect(take(mirror)?.change.toJSON()).toEqual([3, [0, "de"]]);
    expect(mirror.unsent?.buffer?.toJSON()).toEqual([[1], [0, "A"], 4]);
    mirror.receive([[0, "x"], 3]);
    expect([mirror.text.toString(), mirror.server.toString(), mirror.version]).toEqual(["xAbcde", "xabc", 4]);
    expect(mirror.confirm([4, [0, "de"]])).toBe(true);
    expect([mirror.server.toString(), mirror.sent, mirror.version]).toEqual(["xabcde", null, 5]);
  });

  it("do3_stands_after_what_was_accepted_in_the_same_place", () => {
    const mirror = new Mirror("e", 0, "");
    edit(mirror, 0, 0, "mine");
    take(mirror);
    expect(mirror.receive([[0, "theirs"]]).toJSON()).toEqual([[0, "theirs"], 4]);
    expect(mirror.text.toString()).toBe("theirsmine");
  });

  it("do3_something_else_under_its_name_is_not_confirmed", () => {
    const mirror = new Mirror("e", 0, "");
    edit(mirror, 0, 0, "a");
    take(mirror);
    expect(mirror.confirm([[0, "b"]])).toBe(false);
    expect(() => mirror.receive([5])).toThrow(RangeError);
    expect(mirror.text.toString()).toBe("a");
  });

  it("do9_what_takes_itself_back_is_not_sent", () => {
    const mirror = new Mirror("e", 0, "abc");
    edit(mirror, 1, 1, "x");
    edit(mirror, 1, 2, "");
    expect([mirror.unsent, take(mirror)]).toEqual([null, null]);
  });

  it("do1_half_a_pair_is_held_back_until_it_is_whole_or_mended", () => {
    const mirror = new Mirror("e", 0, "a👍b");
    edit(mirror, 4, 4, "\ud83d");
    expect(mirror.whole).toBe(false);
    edit(mirror, 5, 5, "\udc4d");
    expect(mirror.whole).toBe(true);
    edit(mirror, 1, 2, "");
    expect(mirror.whole).toBe(false);
    expect(mirror.mend()?.toJSON()).toEqual([1, [1, "\ufffd"], 3]);
    expect([mirror.whole, mirror.text.toString()]).toEqual([true, "a\ufffdb👍"]);
    expect(take(mirror)?.change.apply(mirror.server).toString()).toBe("a\ufffdb👍");
    expect(mirror.mend()).toBeNull();
    const other = new Mirror("e", 0, "ab");
    edit(other, 1, 1, "x");
    other.edit(ChangeSet.of({ from: 2, insert: Text.of(["\r"]) }, 3));
    expect([other.whole, other.mend()?.toJSON()]).toEqual([false, [2, [1, "", ""], 1]]);
    expect([other.whole, other.text.toString()]).toEqual([true, "ax\nb"]);
  });

  it("do5_places_of_any_version_are_found_in_what_is_shown", () => {
    const mirror = new Mirror("e", 0, "abc");
    mirror.receive([[0, "xx"], 3]);
    edit(mirror, 0, 0, "mine");
    expect([mirror.place(1, 0, -1), mirror.place(1, 1, -1), mirror.place(99, 1, -1)]).toEqual([7, 5, 9]);
  });

  it("do9_what_an_earlier_page_left_is_taken_up_and_nonsense_is_not", () => {
    const mirror = new Mirror("e", 0, "abc");
    mirror.restore({ id: "op1", change: [3, [0, "d"]] }, [[0, "x"], 4]);
    expect([mirror.text.toString(), mirror.sent?.id]).toEqual(["xabcd", "op1"]);
    const other = new Mirror("e", 0, "abc");
    expect(() => other.restore({ id: "op1", change: [3, [0, "d"]] }, [9])).toThrow(RangeError);
    expect([other.text.toString(), other.unsent]).toEqual(["abc", null]);
  });
});
