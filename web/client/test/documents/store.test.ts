import { ChangeSet } from "@codemirror/state";
import { describe, expect, it, vi } from "vitest";
import { documentsOf, keepDraftsIn } from "../../src/documents.js";
import type { OutboxStorage } from "../../src/index.js";
import { chance } from "../support/chance.js";
import { event, participant, SESSION, sessionState } from "../support/fixtures.js";
import { following } from "../support/following.js";
import { onFakeTime } from "../support/harness.js";
import { memory } from "../support/memory.js";
import { type Guest, Room } from "../support/room.js";
import { Typists } from "../support/typist.js";

onFakeTime();

/** Runs of the storm, and steps of each. */
const SEEDS = 60;
const STEPS = 120;

const status = ({ store }: Guest) => store.getSnapshot().state.status;
const changes = ({ h }: Guest) =>
  h
    .socket()
    .sent("code_change")
    .map(({ data }) => data);
const ended = async (guest: Guest) => vi.advanceTimersByTimeAsync(30).then(() => status(guest));

async function storm(seed: number, window: number | undefined) {
  const random = chance(seed);
  const typists = new Typists(random);
  const room = new Room("one\ntwo 👍 three\n", window);
  for (let n = 0; n < 3; n += 1) await room.enter(`usr_${n}`);
  await room.rest();
  const away = new Set<Guest>();
  for (let step = 0; step < STEPS; step += 1) {
    const guest = room.guests[Math.floor(random() * room.guests.length)] as Guest;
    const kind = random();
    if (kind < 0.35) guest.pad.edit(typists.edit(guest.pad.doc));
    else if (kind < 0.4 && !away.has(guest)) {
      guest.drop();
      away.add(guest);
    } else if (kind < 0.5 && away.delete(guest)) await guest.back();
    else if (away.has(guest)) continue;
    else if (kind < 0.7) guest.serve();
    else if (kind < 0.9) await guest.hear(1 + Math.floor(random() * 3));
    else await vi.advanceTimersByTimeAsync(30);
  }
  for (const guest of away) await guest.back();
  await room.rest();
  await vi.advanceTimersByTimeAsync(600);
  await room.rest();
  return { room, typists };
}

describe("several clients in one document", () => {
  it.each([
    ["everything remembered", undefined],
    ["bases too old", 5],
  ])("do9_are_equal_at_rest_and_lose_nothing_that_was_typed: %s", async (_, window) => {
    let conflicts = 0;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const { room, typists } = await storm(seed, window);
      const text = room.authority.text.toString();
      const kept = room.guests.flatMap(({ store }) => store.getSnapshot().conflicts);
      conflicts += kept.length;
      for (const guest of room.guests) {
        expect([guest.pad.text(), guest.store.text?.toString()], `seed ${seed}`).toEqual([text, text]);
        expect(["saved", "conflict"]).toContain(status(guest));
        expect(guest.h.errors).toEqual([]);
        guest.h.client.close();
      }
      expect(typists.lost(text, ...kept.map(({ mine }) => mine)), `seed ${seed}`).toEqual([]);
      expect(typists.doubled(text), `seed ${seed}`).toEqual([]);
    }
    expect(conflicts > 0).toBe(window !== undefined);
  });
});

describe("a document", () => {
  async function pair(text = "abc") {
    const room = new Room(text);
    const [mine, theirs] = [await room.enter("usr_me"), await room.enter("usr_you")];
    await room.rest();
    return { room, mine, theirs };
  }

  it("do3_is_opened_shown_and_saved", async () => {
    const room = new Room("abc");
    const guest = await room.enter("usr_me");
    expect(await ended(guest)).toBe("loading");
    expect(guest.store.edit(ChangeSet.of({ from: 0, insert: "x" }, 0))).toBe(false);
    await room.rest();
    expect([guest.pad.text(), status(guest)]).toEqual(["abc", "saved"]);
    expect(guest.store.getSnapshot()).toMatchObject({ name: "main", version: 0, conflicts: [] });
    guest.pad.type(3, "d");
    expect(await ended(guest)).toBe("saving");
    const [change] = changes(guest);
    expect(change).toEqual({
      session_id: SESSION,
      document: 1,
      base_version: 0,
      op_id: expect.stringMatching(/^cmd_/),
      change: [3, [0, "d"]],
    });
    await room.rest();
    expect([room.authority.text.toString(), status(guest)]).toEqual(["abcd", "saved"]);
    expect(guest.pad.heard).toEqual([[[0, "abc"]]]);
  });

  it("do9_offline_edits_are_kept_and_sent_on_return_once", async () => {
    const { room, mine, theirs } = await pair();
    mine.pad.type(3, "1");
    // The change arrives, its answer does not.
    mine.serve();
    mine.drop();
    expect(await ended(mine)).toBe("offline");
    expect(mine.store.getSnapshot().state).toEqual({ status: "offline", unsent: true });
    mine.pad.type(4, "2");
    theirs.pad.type(0, "x");
    await vi.advanceTimersByTimeAsync(30);
    while (theirs.serve());
    await mine.back();
    await room.rest();
    expect([mine.pad.text(), theirs.pad.text(), status(mine)]).toEqual(["xabc12", "xabc12", "saved"]);
    expect(mine.h.socket().last("open_document").data).toMatchObject({
      version: 0,
      epoch: room.authority.epoch,
    });
  });

  it("do3_what_was_lost_before_it_was_read_is_sent_again_under_its_name", async () => {
    const { room, mine } = await pair();
    mine.pad.type(3, "1");
    const [before] = changes(mine);
    mine.drop();
    await mine.back();
    await room.rest();
    expect(changes(mine).map(({ op_id }) => op_id)).toEqual([before?.op_id]);
    expect(room.authority.text.toString()).toBe("abc1");
  });

  it("do3_a_base_too_old_is_a_conflict_that_can_be_resolved_in_three_ways", async () => {
    const room = new Room("one\ntwo\n", 0);
    const [mine, theirs] = [await room.enter("usr_me"), await room.enter("usr_you")];
    await room.rest();
    const clash = async (typed: string) => {
      mine.pad.type(mine.pad.doc.length, typed);
      theirs.pad.type(0, "> ");
      theirs.serve();
      await room.rest();
      expect(mine.pad.text()).toBe(theirs.pad.text());
      expect(status(mine)).toBe("conflict");
      return mine.store.getSnapshot().conflicts[0] as { id: string; mine: string };
    };
    const first = await clash("three");
    expect(first).toMatchObject({ base: "> one\ntwo\n", mine: "> one\ntwo\nthree", error: null });
    mine.store.resolve(first.id, "merged");
    await room.rest();
    expect([theirs.pad.text(), status(mine)]).toEqual(["> one\ntwo\nthree", "saved"]);
    mine.store.resolve((await clash("!")).id, "theirs");
    await room.rest();
    expect([theirs.pad.text(), status(mine)]).toEqual(["> > one\ntwo\nthree", "saved"]);
    const last = await clash("?");
    theirs.pad.type(0, "# ");
    await room.rest();
    mine.store.resolve(last.id, "mine");
    await room.rest();
    expect([theirs.pad.text(), status(mine)]).toEqual(["> > > one\ntwo\nthree?", "saved"]);
  });

  it("do6_a_viewers_edit_is_undone_and_offered_with_the_reason", async () => {
    const { room, mine, theirs } = await pair();
    room.viewers.add("usr_me");
    mine.pad.type(0, "x");
    await room.rest();
    expect([mine.pad.text(), theirs.pad.text(), status(mine)]).toEqual(["abc", "abc", "conflict"]);
    expect(mine.store.getSnapshot().conflicts).toMatchObject([
      { mine: "xabc", error: { code: "FORBIDDEN" } },
    ]);
  });

  it("cm5_a_change_that_is_to_come_again_later_does", async () => {
    const { room, mine } = await pair();
    room.refusals.set("code_change", { code: "SERVICE_UNAVAILABLE", recoverable: true });
    mine.pad.type(0, "x");
    await room.rest();
    expect(status(mine)).toBe("saving");
    await vi.advanceTimersByTimeAsync(600);
    await room.rest();
    expect([room.authority.text.toString(), status(mine)]).toEqual(["xabc", "saved"]);
    expect(new Set(changes(mine).map(({ op_id }) => op_id)).size).toBe(1);
  });

  it("do3_an_event_that_is_missing_is_asked_for", async () => {
    const { room, mine, theirs } = await pair();
    for (const typed of ["1", "2"]) {
      theirs.pad.type(0, typed);
      await vi.advanceTimersByTimeAsync(30);
      while (theirs.serve());
      await theirs.hear();
    }
    mine.down.shift();
    await room.rest();
    expect([mine.pad.text(), mine.store.getSnapshot().version]).toEqual(["21abc", 2]);
  });

  it("do3_what_two_answers_both_tell_is_taken_in_once", async () => {
    const { room, mine, theirs } = await pair();
    const closed = event("document_closed", { session_id: SESSION, document: 1 });
    mine.down.push(closed, closed);
    await mine.hear(1);
    await mine.hear(1);
    theirs.pad.type(0, "1");
    theirs.serve();
    mine.serve();
    await vi.advanceTimersByTimeAsync(30);
    await theirs.hear();
    theirs.pad.type(0, "2");
    theirs.serve();
    mine.pad.type(3, "!");
    await room.rest();
    expect([mine.pad.text(), theirs.pad.text(), status(mine)]).toEqual(["21abc!", "21abc!", "saved"]);
    expect(mine.h.socket().sent("open_document").length).toBe(3);
  });

  it("do9_what_the_server_took_before_the_base_grew_too_old_is_not_offered_again", async () => {
    const room = new Room("abc", 2);
    const [mine, theirs] = [await room.enter("usr_me"), await room.enter("usr_you")];
    await room.rest();
    mine.pad.type(3, "1");
    mine.serve();
    mine.drop();
    mine.pad.type(4, "2");
    for (const typed of ["x", "y", "z"]) {
      theirs.pad.type(0, typed);
      await vi.advanceTimersByTimeAsync(30);
      while (theirs.serve());
      await theirs.hear();
    }
    await mine.back();
    await room.rest();
    expect([mine.pad.text(), status(mine)]).toEqual(["zyxabc1", "conflict"]);
    const [conflict] = mine.store.getSnapshot().conflicts;
    expect(conflict).toMatchObject({ base: "abc1", mine: "abc12" });
    mine.store.resolve(conflict?.id ?? "", "merged");
    await room.rest();
    expect([theirs.pad.text(), status(mine)]).toEqual(["zyxabc12", "saved"]);
  });

  it("do3_a_text_that_is_replaced_whole_is_compared_and_lf", async () => {
    const { room, mine, theirs } = await pair("one\ntwo");
    expect(mine.store.replaceAll("one\r\n2\r\n")).toBe(true);
    await room.rest();
    expect([theirs.pad.text(), mine.pad.text()]).toEqual(["one\n2\n", "one\n2\n"]);
    expect(changes(mine).map(({ change }) => change)).toEqual([[4, [3, "2", ""]]]);
  });

  it("do3_a_text_of_another_log_is_taken_and_what_was_unsent_is_offered", async () => {
    const { room, mine } = await pair();
    mine.drop();
    mine.pad.type(3, "d");
    room.authority.epoch = "restored";
    await mine.back();
    await room.rest();
    expect([mine.pad.text(), mine.store.getSnapshot().conflicts]).toMatchObject(["abc", [{ mine: "abcd" }]]);
  });

  it("do1_a_large_paste_is_sent_in_pieces_and_half_a_pair_is_mended", async () => {
    const { room, mine, theirs } = await pair();
    const paste = "👍line\n".repeat(60_000);
    mine.pad.type(1, paste);
    await room.rest();
    expect(theirs.pad.text() === `a${paste}bc`).toBe(true);
    expect(changes(mine).length).toBe(3);
    mine.pad.type(0, "\ud83d");
    await room.rest();
    expect(changes(mine).length).toBe(3);
    await vi.advanceTimersByTimeAsync(500);
    await room.rest();
    expect([theirs.pad.text()[0], mine.pad.text()[0]]).toEqual(["\ufffd", "\ufffd"]);
  });

  it("do5_shows_where_the_others_are_and_tells_where_one_is", async () => {
    const { room, mine, theirs } = await pair();
    theirs.store.select({ anchor: 1, head: 2 });
    await room.rest();
    expect(theirs.h.socket().last("cursor_update").data).toEqual({
      session_id: SESSION,
      document: 1,
      selection: { anchor: 1, head: 2 },
      version: 0,
    });
    const seen = () => mine.store.getSnapshot().cursors;
    expect(seen()).toEqual([{ userId: "usr_you", name: "", color: "red", anchor: 1, head: 2 }]);
    mine.h.client.session(SESSION).follow();
    const participants = [participant({ user_id: "usr_you", display_name: "Jun" })];
    mine.down.push(event("session_state", sessionState({ participants }), { session_id: SESSION }));
    await mine.hear();
    mine.pad.type(0, "xx");
    await vi.advanceTimersByTimeAsync(120);
    expect(seen()).toMatchObject([{ name: "Jun", anchor: 3, head: 4 }]);
    await room.rest();
    // Others moved it, the server knows: it is not said again.
    expect(theirs.h.socket().sent("cursor_update").length).toBe(1);
    theirs.store.edit(ChangeSet.of({ from: 5, insert: "!" }, 5), { selection: { anchor: 6, head: 6 } });
    expect(changes(theirs).at(-1)?.selection).toEqual({ anchor: 6, head: 6 });
    await room.rest();
    room.tell(event("cursor_removed", { session_id: SESSION, document: 1, user_id: "usr_you" }));
    await room.rest();
    await vi.advanceTimersByTimeAsync(30);
    expect(seen()).toEqual([]);
  });

  it("do3_is_closed_when_nobody_reads_but_not_before_all_is_saved", async () => {
    const { room, mine } = await pair();
    const closed = () => mine.h.socket().sent("close_document").length;
    mine.pad.type(0, "x");
    mine.close();
    await vi.advanceTimersByTimeAsync(40_000);
    expect([status(mine), closed()]).toEqual(["saving", 0]);
    await room.rest();
    expect([status(mine), closed(), room.authority.text.toString()]).toEqual(["closed", 1, "xabc"]);
    mine.store.open();
    await room.rest();
    expect([status(mine), mine.store.text?.toString()]).toEqual(["saved", "xabc"]);
  });

  it("do1_that_was_deleted_says_so_and_keeps_what_was_unsent", async () => {
    const { room, mine } = await pair();
    mine.pad.type(0, "x");
    const by = { user_id: "usr_you", display_name: "" };
    room.tell(event("document_deleted", { session_id: SESSION, document: 1, by }));
    await mine.hear();
    await vi.advanceTimersByTimeAsync(30);
    expect(mine.store.getSnapshot()).toMatchObject({
      state: { status: "gone", error: { code: "NOT_FOUND" } },
      conflicts: [{ mine: "xabc" }],
    });
  });

  it("cm2_nothing_of_one_person_is_sent_in_the_name_of_another", async () => {
    const { room, mine } = await pair();
    mine.drop();
    mine.pad.type(0, "secret");
    while (mine.h.sockets.length === 1) await vi.advanceTimersByTimeAsync(100);
    const socket = await mine.h.welcome({ user_id: "usr_other" });
    socket.deliver({ ...room.state(), correlation_id: socket.last("open_document").id });
    await vi.advanceTimersByTimeAsync(100);
    expect([mine.pad.text(), socket.sent("code_change")]).toEqual(["abc", []]);
    expect(mine.store.getSnapshot().conflicts).toEqual([]);
  });
});

describe("drafts", () => {
  async function left(storage: OutboxStorage) {
    const room = new Room("abc");
    const page = await room.enter("usr_me", { keeper: keepDraftsIn(storage) });
    await room.rest();
    page.pad.type(3, "1");
    page.serve();
    page.drop();
    page.pad.type(4, "2");
    expect(storage.getItem("madang.drafts")).toContain('[4,[0,"2"]]');
    page.h.client.close();
    room.guests.pop();
    const other = await room.enter("usr_you");
    await room.rest();
    other.pad.type(0, ">");
    await room.rest();
    return room;
  }

  it("do9_what_a_page_left_is_sent_by_the_next_one_once", async () => {
    const storage = memory();
    const room = await left(storage);
    const next = await room.enter("usr_me", { keeper: keepDraftsIn(storage) });
    await room.rest();
    expect([next.pad.text(), room.authority.text.toString(), status(next)]).toEqual([
      ">abc12",
      ">abc12",
      "saved",
    ]);
    expect(storage.items.size).toBe(0);
  });

  it("do9_of_another_log_are_offered", async () => {
    const storage = memory();
    const room = await left(storage);
    room.authority.epoch = "restored";
    const next = await room.enter("usr_me", { keeper: keepDraftsIn(storage) });
    await room.rest();
    expect([next.pad.text(), status(next)]).toEqual([">abc1", "conflict"]);
    expect(next.store.getSnapshot().conflicts).toMatchObject([{ mine: "abc12" }]);
  });

  it("cm2_of_another_person_are_not_shown", async () => {
    const storage = memory();
    const room = await left(storage);
    const next = await room.enter("usr_else", { keeper: keepDraftsIn(storage) });
    await room.rest();
    expect([next.pad.text(), status(next)]).toEqual([">abc1", "saved"]);
  });

  it.each(["nonsense", "[]", '{"user":"usr_me","drafts":[["x",{"epoch":1}],7]}'])(
    "en2_what_is_no_use_is_left_alone_%s",
    async (text) => {
      const storage = memory();
      storage.setItem("madang.drafts", text);
      const room = new Room("abc");
      const next = await room.enter("usr_me", { keeper: keepDraftsIn(storage) });
      await room.rest();
      expect([next.pad.text(), status(next)]).toEqual(["abc", "saved"]);
    },
  );
});

describe("the documents of a session", () => {
  it("do1_are_listed_made_renamed_and_deleted", async () => {
    const by = { user_id: "server", display_name: "" };
    const main = { document: 1, name: "main", by, created_at: 1 };
    const { h, store, say, answer } = await following({ documents: [main] });
    const documents = documentsOf(h.client).of(SESSION);
    expect(documents.document()).toBe(documentsOf(h.client).of(SESSION).document(1));
    const made = documents.create("a.ts", "x");
    expect(h.socket().last("create_document").data).toEqual({ session_id: SESSION, name: "a.ts", text: "x" });
    await answer("create_document", "ack", { document: 2 });
    expect(await made).toBe(2);
    await say("document_created", { created: { ...main, document: 2, name: "a.ts" } }, 2);
    expect(documents.find("a.ts")?.document).toBe(2);
    void documents.rename(2, "b.ts");
    await say("document_renamed", { document: 2, name: "b.ts", by }, 3);
    expect(store.getSnapshot().documents.map(({ name }) => name)).toEqual(["main", "b.ts"]);
    void documents.remove(2);
    await say("document_deleted", { document: 2, by }, 4);
    expect(store.getSnapshot().documents).toEqual([main]);
    expect(
      h
        .socket()
        .sent()
        .slice(3)
        .map(({ type, data }) => [type, data]),
    ).toEqual([
      ["rename_document", { session_id: SESSION, document: 2, name: "b.ts" }],
      ["delete_document", { session_id: SESSION, document: 2 }],
    ]);
  });
});
