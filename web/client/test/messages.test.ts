import { describe, expect, it, vi } from "vitest";
import {
  EPOCH,
  event,
  final,
  ME,
  prompt,
  reply,
  SESSION,
  sessionState,
  started,
  streaming,
} from "./support/fixtures.js";
import { type Following, following } from "./support/following.js";
import { onFakeTime } from "./support/harness.js";

onFakeTime();

const page = () => ({ messages: [prompt("p", null), reply("r", "p")], head: "r" });
const reactionsOf = ({ store }: Following, at = 0) =>
  (store.getSnapshot().messages[at]?.reactions ?? []).map((one) => `${one.emoji} ${one.users}`);

describe("changing what was said", () => {
  it("tu5_an_edited_message_has_its_new_text_and_the_others_stay_the_same_objects", async () => {
    const f = await following(page());
    const [before, other] = f.store.getSnapshot().messages;
    void f.store.editMessage("p", "better");
    expect(f.socket.last("edit_message").data).toEqual({
      session_id: SESSION,
      message_id: "p",
      content: "better",
    });
    await f.say(
      "message_edited",
      { message_id: "p", content: "better", mentions: ["usr_a"], edited_at: 7 },
      2,
    );
    const [after, same] = f.store.getSnapshot().messages;
    expect(after).toEqual({ ...before, content: "better", mentions: ["usr_a"], edited_at: 7 });
    expect(same).toBe(other);
  });

  it("tu5_a_deleted_message_leaves_a_tombstone", async () => {
    const said = { ...prompt("p", null), mentions: ["usr_a"], reactions: [{ emoji: "👍", users: ["u"] }] };
    const f = await following({ messages: [{ ...said, edited_at: 3, reply_to: "x" }], head: "p" });
    void f.store.deleteMessage("p");
    expect(f.socket.last("delete_message").data).toEqual({ session_id: SESSION, message_id: "p" });
    await f.say("message_deleted", { message_id: "p", deleted_at: 9, by: ME }, 2);
    expect(f.store.getSnapshot().messages).toEqual([
      { ...prompt("p", null), reply_to: "x", content: "", deleted_at: 9 },
    ]);
  });

  it("tu5_a_snapshot_with_an_edit_that_was_missed_is_taken_in", async () => {
    const f = await following(page());
    const state = sessionState({
      ...page(),
      messages: [{ ...prompt("p", null), edited_at: 5 }, reply("r", "p")],
    });
    const [, other] = f.store.getSnapshot().messages;
    f.socket.deliver(event("session_state", state, { session_id: SESSION }));
    await f.h.settle();
    expect(f.store.getSnapshot().messages[0]?.edited_at).toBe(5);
    expect(f.store.getSnapshot().messages[1]).toBe(other);
  });

  it("tu6_a_message_names_people_and_keeps_them_when_it_is_sent_again", async () => {
    const f = await following();
    void f.store.chat("@Jun look", { mentions: ["usr_jun"], replyTo: "p" });
    const data = { session_id: SESSION, content: "@Jun look", reply_to: "p", mentions: ["usr_jun"] };
    expect(f.socket.last("chat_message").data).toEqual(data);
    await f.refuse("chat_message", "CONFLICT");
    const [failed] = f.store.getSnapshot().pending;
    f.store.retry(failed?.id ?? "");
    expect(f.socket.sent("chat_message")).toHaveLength(2);
    expect(f.socket.last("chat_message").data).toEqual(data);
  });
});

describe("reactions", () => {
  it("tu5_come_and_go_in_the_order_in_which_each_first_came", async () => {
    const f = await following(page());
    for (const [user_id, emoji, on] of [
      ["usr_a", "👍", true],
      ["usr_b", "🎉", true],
      ["usr_b", "👍", true],
      ["usr_b", "👍", true],
      ["usr_a", "👍", false],
      ["usr_c", "👀", false],
    ] as const) {
      await f.say("reaction_changed", { message_id: "p", user_id, emoji, on });
    }
    expect(reactionsOf(f)).toEqual(["👍 usr_b", "🎉 usr_b"]);
    await f.say("reaction_changed", { message_id: "p", user_id: "usr_b", emoji: "👍", on: false });
    expect(reactionsOf(f)).toEqual(["🎉 usr_b"]);
  });

  it("tu5_ones_own_is_shown_at_once_and_undone_when_it_is_refused", async () => {
    const f = await following(page());
    const done = f.store.react("p", "👍");
    expect(reactionsOf(f)).toEqual([`👍 ${ME.user_id}`]);
    expect(f.socket.last("react").data).toEqual({
      session_id: SESSION,
      message_id: "p",
      emoji: "👍",
      on: true,
    });
    const failed = expect(done).rejects.toMatchObject({ code: "FORBIDDEN" });
    await f.refuse("react");
    await failed;
    expect(reactionsOf(f)).toEqual([]);
  });

  it("tu5_two_wishes_in_a_row_do_not_flicker_and_the_last_one_counts", async () => {
    const f = await following(page());
    const shown: string[] = [];
    f.store.subscribe(() => shown.push(reactionsOf(f).join()));
    const own = { message_id: "p", user_id: ME.user_id, emoji: "👍" };
    void f.store.react("p", "👍");
    const on = f.socket.last("react").id;
    void f.store.react("p", "👍", false);
    const off = f.socket.last("react").id;
    f.socket.deliver(event("ack", {}, { correlation_id: on }));
    await f.say("reaction_changed", { ...own, on: true }, 2);
    f.socket.deliver(event("ack", {}, { correlation_id: off }));
    await f.say("reaction_changed", { ...own, on: false }, 3);
    expect(shown.filter((line, n) => line !== shown[n - 1])).toEqual([`👍 ${ME.user_id}`, ""]);
    expect(reactionsOf(f)).toEqual([]);
  });

  it("tu5_the_second_of_two_wishes_refused_leaves_what_the_first_one_did", async () => {
    const f = await following(page());
    void f.store.react("p", "👍");
    const on = f.socket.last("react").id;
    const off = f.store.react("p", "👍", false);
    const failed = expect(off).rejects.toMatchObject({ code: "CONFLICT" });
    f.socket.deliver(event("ack", {}, { correlation_id: on }));
    const own = { message_id: "p", user_id: ME.user_id, emoji: "👍", on: true };
    await f.say("reaction_changed", own, 2);
    expect(reactionsOf(f)).toEqual([]);
    await f.refuse("react", "CONFLICT");
    await failed;
    expect(reactionsOf(f)).toEqual([`👍 ${ME.user_id}`]);
  });

  it("tu5_a_wish_outlives_a_lost_connection_and_is_carried_out_once", async () => {
    const f = await following(page());
    void f.store.react("p", "👍");
    const { id } = f.socket.last("react");
    const head = { session_id: SESSION };
    const next = await f.h.reconnect(1006, event("session_state", sessionState(page()), head));
    expect(reactionsOf(f)).toEqual([`👍 ${ME.user_id}`]);
    expect(next.sent("react").map((command) => command.id)).toEqual([id]);
    const own = { ...head, message_id: "p", user_id: ME.user_id, emoji: "👍", on: true };
    next.deliver(
      event("ack", {}, { correlation_id: id }),
      event("reaction_changed", own, { ...head, seq: 2, epoch: EPOCH }),
    );
    await f.h.settle();
    expect(reactionsOf(f)).toEqual([`👍 ${ME.user_id}`]);
  });
});

describe("how far one has read", () => {
  const three = () => ({
    messages: [
      prompt("a", null),
      { ...prompt("b", "a"), created_at: 2 },
      { ...prompt("c", "b"), created_at: 2 },
    ],
    head: "c",
    read_to: "a",
    summary: { ...sessionState().summary, unread: 2, unread_mentions: 1 },
  });
  const mark = ({ store }: Following) => {
    const { readTo, summary } = store.getSnapshot();
    return [readTo, summary?.unread, summary?.unread_mentions];
  };
  const marked = (message_id: string, unread: number, unread_mentions = 0) => ({
    session_id: SESSION,
    message_id,
    unread,
    unread_mentions,
  });
  const sent = ({ socket }: Following) => socket.sent("mark_read").map(({ data }) => data.message_id);

  it("se9_is_shown_at_once_told_once_and_never_goes_back", async () => {
    const f = await following(three());
    expect(mark(f)).toEqual(["a", 2, 1]);
    f.store.markRead("b");
    f.store.markRead("c");
    f.store.markRead("b");
    f.store.markRead("unknown");
    expect(mark(f)).toEqual(["c", 0, 0]);
    expect(sent(f)).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(sent(f)).toEqual(["c"]);
    await f.answer("mark_read", "read_marked", marked("c", 0));
    f.store.markRead();
    f.store.markRead("a");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent(f)).toEqual(["c"]);
  });

  it("se9_one_at_a_time_is_told_and_the_newest_follows", async () => {
    const f = await following(three());
    f.store.markRead("b");
    await vi.advanceTimersByTimeAsync(300);
    f.store.markRead("c");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sent(f)).toEqual(["b"]);
    await f.answer("mark_read", "read_marked", marked("b", 1, 1));
    expect(f.store.getSnapshot().readTo).toBe("c");
    await vi.advanceTimersByTimeAsync(300);
    expect(sent(f)).toEqual(["b", "c"]);
  });

  it("se9_refused_it_is_where_it_was", async () => {
    const f = await following(three());
    f.store.markRead("b");
    await vi.advanceTimersByTimeAsync(300);
    await f.refuse("mark_read", "NOT_FOUND");
    expect(mark(f)).toEqual(["a", 2, 1]);
    f.store.markRead();
    expect(mark(f)).toEqual(["c", 0, 0]);
    await vi.advanceTimersByTimeAsync(300);
    await f.refuse("mark_read", "NOT_FOUND");
    expect(mark(f)).toEqual(["a", 2, 1]);
  });

  it("se9_another_device_of_ones_own_moves_it_and_the_list", async () => {
    const f = await following(three());
    f.h.client.sessions().subscribe(() => {});
    const line = { ...sessionState().summary, unread: 2, unread_mentions: 2 };
    await f.answer("list_sessions", "sessions", { sessions: [line] });
    await f.say("read_marked", marked("b", 1, 1));
    expect(mark(f)).toEqual(["b", 1, 1]);
    expect(
      f.h.client
        .sessions()
        .getSnapshot()
        .sessions.map((each) => [each.unread, each.unread_mentions]),
    ).toEqual([[1, 1]]);
  });
});

describe("what a session may spend", () => {
  it("se8_the_budget_changes_and_what_replies_cost_is_counted", async () => {
    const f = await following({ spent: { tokens: 10, micro_usd: 5 } });
    const budget = { tokens: 1_000, period: "day" } as const;
    await f.say("budget_changed", { budget, by: ME }, 2);
    await f.say("turn_started", started(streaming("r", "p")), 3);
    const usage = {
      input_tokens: 7,
      output_tokens: 3,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
      estimated: false,
    };
    await f.say("claude_response", final("r", "", { usage, cost: { micro_usd: 2, price_table: "t" } }), 4);
    expect(f.store.getSnapshot()).toMatchObject({ budget, spent: { tokens: 20, micro_usd: 7 } });
    await f.say("budget_changed", { budget: null, by: ME }, 5);
    expect(f.store.getSnapshot().budget).toBeNull();
  });

  it("tu4_a_reply_that_waits_in_the_servers_own_queue_says_how_many_go_first", async () => {
    const f = await following();
    await f.say("turn_started", started(streaming("r", "p")), 2);
    const waiting = {
      message_id: "r",
      code: "MODEL_OVERLOADED",
      retry_after: 0,
      attempt: 1,
      ahead: 3,
    } as const;
    await f.say("turn_waiting", waiting);
    expect(f.store.getSnapshot().waiting).toMatchObject({ messageId: "r", ahead: 3 });
  });
});
