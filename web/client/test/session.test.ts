import type { SessionState } from "@madang/protocol";
import { describe, expect, it, vi } from "vitest";
import { DEFAULT_SETTINGS, type Envelope } from "../src/index.js";
import {
  created,
  delta,
  durable,
  EPOCH,
  event,
  final,
  prompt,
  reattached,
  reply,
  running,
  SESSION,
  sessionState,
  started,
  streaming,
  summary,
} from "./support/fixtures.js";
import { type FakeSocket, type Harness, harness, onFakeTime } from "./support/harness.js";

onFakeTime();

/** A client that follows `SESSION`, which stands as `state` says. */
async function following(state: Partial<SessionState> = {}) {
  const h = harness();
  const socket = await h.start();
  const store = h.client.session(SESSION);
  const release = store.follow();
  snapshot(socket, state);
  await h.settle();
  return { h, socket, store, release };
}

function snapshot(socket: FakeSocket, state: Partial<SessionState>): void {
  const { id } = socket.last("follow_session");
  socket.deliver(event("session_state", sessionState(state), { correlation_id: id, session_id: SESSION }));
}

async function deliver(h: Harness, ...envelopes: Envelope[]): Promise<void> {
  h.socket().deliver(...envelopes);
  await h.settle();
}

const ids = (messages: readonly { readonly message_id: string }[]) =>
  messages.map((message) => message.message_id);

describe("following", () => {
  it("dc5_a_session_is_loaded_followed_and_let_go_after_a_while", async () => {
    const h = harness();
    const store = h.client.session(SESSION);
    expect(store.getSnapshot().status).toBe("idle");
    const release = store.follow();
    await h.settle();
    expect(store.getSnapshot().status).toBe("loading");
    const socket = await h.start();
    snapshot(socket, { messages: [prompt("p", null), reply("r", "p")], head: "r", seq: 4 });
    await h.settle();
    expect(store.getSnapshot()).toMatchObject({
      status: "live",
      head: "r",
      hasMore: false,
      model: "claude-test",
    });
    expect(ids(store.getSnapshot().messages)).toEqual(["p", "r"]);
    release();
    release();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.lingerMs - 1);
    expect(socket.sent("unfollow_session")).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.last("unfollow_session").data).toEqual({ session_id: SESSION });
    expect(store.getSnapshot().status).toBe("idle");
    store.follow();
    expect(socket.last("follow_session").data).toEqual({
      session_id: SESSION,
      resume: { epoch: EPOCH, seq: 4, streams: {} },
    });
  });

  it("dc5_a_snapshot_that_comes_without_being_the_answer_counts_and_nothing_fails_later", async () => {
    const h = harness();
    const socket = await h.start();
    const store = h.client.session(SESSION);
    store.follow();
    socket.deliver(event("session_state", sessionState(), { session_id: SESSION }));
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.answerMs);
    expect(store.getSnapshot().status).toBe("live");
    expect(socket.sent("follow_session")).toHaveLength(1);
  });

  it("dc5_let_go_and_wanted_again_before_the_answer_it_is_asked_for_again", async () => {
    const h = harness({ settings: { lingerMs: 0 } });
    const socket = await h.start();
    const store = h.client.session(SESSION);
    const release = store.follow();
    release();
    await vi.advanceTimersByTimeAsync(1);
    store.follow();
    expect(socket.sent().map((command) => command.type)).toEqual([
      "hello",
      "follow_session",
      "unfollow_session",
      "follow_session",
    ]);
  });

  it("dc5_mounting_again_within_a_while_asks_nothing", async () => {
    const { socket, store, release } = await following();
    release();
    await vi.advanceTimersByTimeAsync(4_000);
    store.follow();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.lingerMs - 3_000);
    expect([socket.sent("follow_session").length, socket.sent("unfollow_session").length]).toEqual([1, 0]);
    expect(store.getSnapshot().status).toBe("live");
  });

  it.each([
    ["NOT_FOUND", "gone"],
    ["INVALID_SESSION", "gone"],
    ["FORBIDDEN", "forbidden"],
    ["SESSION_FULL", "failed"],
  ] as const)("se2_%s_makes_it_%s", async (code, status) => {
    const h = harness();
    const socket = await h.start();
    const store = h.client.session(SESSION);
    store.follow();
    const { id } = socket.last("follow_session");
    socket.deliver(
      event("error", { code, message: "No.", recoverable: false, retry_after: 300 }, { correlation_id: id }),
    );
    await h.settle();
    expect(store.getSnapshot()).toMatchObject({ status, error: { code } });
    await vi.advanceTimersByTimeAsync(300);
    expect(socket.sent("follow_session")).toHaveLength(status === "failed" ? 2 : 1);
  });

  it("rs1_an_error_for_a_session_that_hello_resumed_reaches_it", async () => {
    const { h, store } = await following();
    const next = await h.reconnect();
    const head = { correlation_id: next.last("hello").id, session_id: SESSION };
    await deliver(h, event("error", { code: "NOT_FOUND", message: "", recoverable: false }, head));
    expect(store.getSnapshot().status).toBe("gone");
  });

  it("cm3_an_error_that_answers_nothing_is_not_taken_for_the_sessions_end", async () => {
    const { h, store } = await following();
    const late = { code: "FORBIDDEN", message: "", recoverable: false } as const;
    await deliver(
      h,
      event("error", late, { session_id: SESSION, correlation_id: "cmd_timed_out" }),
      event("error", late),
    );
    expect(store.getSnapshot().status).toBe("live");
  });

  it("rs1_an_error_that_names_no_session_makes_each_ask_for_itself", async () => {
    const { h } = await following();
    const next = await h.reconnect();
    const head = { correlation_id: next.last("hello").id };
    await deliver(h, event("error", { code: "NOT_FOUND", message: "", recoverable: false }, head));
    expect(next.last("follow_session").data.session_id).toBe(SESSION);
  });

  it("se6_a_deleted_session_is_gone_and_not_asked_for_again", async () => {
    const { h, store } = await following();
    await deliver(
      h,
      durable("session_deleted", { session_id: SESSION, by: { user_id: "u", display_name: "U" } }, 2),
    );
    expect(store.getSnapshot()).toMatchObject({ status: "gone", summary: { status: "deleted" } });
  });

  it("se6_at_most_32_stores_are_kept_and_none_that_is_used", async () => {
    const h = harness();
    await h.start();
    const used = h.client.session("ses_used");
    used.follow();
    for (let n = 0; n < 100; n += 1) h.client.session(`ses_${n}`);
    expect(h.client.session("ses_used")).toBe(used);
    const old = h.client.session("ses_99");
    expect(h.client.session("ses_99")).toBe(old);
  });
});

describe("events", () => {
  it("dc5_events_are_applied_once_each_in_order", async () => {
    const { h, store } = await following({ seq: 1 });
    const first = durable("message_created", created(prompt("p", null)), 2);
    await deliver(
      h,
      first,
      first,
      durable("session_renamed", { session_id: SESSION, title: "New", by: prompt("p", null).author }, 3),
      first,
    );
    expect(ids(store.getSnapshot().messages)).toEqual(["p"]);
    expect(store.getSnapshot().summary?.title).toBe("New");
    expect(h.client.stats).toMatchObject({ duplicates: 2, gaps: 0 });
    expect(store.resumePoint()).toEqual({ epoch: EPOCH, seq: 3, streams: {} });
  });

  it("en2_an_unknown_durable_event_moves_the_place_and_nothing_else", async () => {
    const { h, store } = await following({ seq: 1 });
    const before = store.getSnapshot();
    await deliver(h, { type: "robot_danced", data: {}, seq: 2, epoch: EPOCH, session_id: SESSION } as never);
    expect(store.getSnapshot()).toBe(before);
    await deliver(h, durable("message_created", created(prompt("p", null)), 3));
    expect(ids(store.getSnapshot().messages)).toEqual(["p"]);
    expect(h.client.stats.gaps).toBe(0);
  });

  it("dc5_a_gap_is_seen_and_what_was_missed_is_asked_for", async () => {
    const { h, socket, store } = await following({ seq: 1 });
    await deliver(h, durable("message_created", created(prompt("b", "a")), 3));
    expect(store.getSnapshot().status).toBe("resyncing");
    const follow = socket.last("follow_session");
    expect(follow.data).toEqual({ session_id: SESSION, resume: { epoch: EPOCH, seq: 1, streams: {} } });
    await deliver(h, durable("message_created", created(prompt("c", "b")), 4));
    expect(socket.sent("follow_session")).toHaveLength(2);
    await deliver(
      h,
      event(
        "resumed",
        { session_id: SESSION, from: 1, to: 4, recovered: true },
        { correlation_id: follow.id },
      ),
      durable("message_created", created(prompt("a", null)), 2),
      durable("message_created", created(prompt("b", "a")), 3),
      durable("message_created", created(prompt("c", "b")), 4),
    );
    expect(store.getSnapshot().status).toBe("live");
    expect(ids(store.getSnapshot().messages)).toEqual(["a", "b", "c"]);
    expect(h.client.stats.gaps).toBe(1);
  });

  it("dc5_a_log_with_a_hole_ends_in_a_snapshot_and_never_in_a_hot_loop", async () => {
    const { h, socket } = await following({ seq: 1 });
    const hole = durable("message_created", created(prompt("b", "a")), 3);
    for (let n = 0; n < 50; n += 1) {
      const { id } = socket.last("follow_session");
      const head = { correlation_id: id };
      await deliver(
        h,
        event("resumed", { session_id: SESSION, from: 1, to: 3, recovered: true }, head),
        hole,
      );
    }
    const asked = socket.sent("follow_session").map((command) => command.data.resume?.seq);
    expect(asked).toEqual([undefined, 1, undefined]);
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.backoffMaxMs);
    expect(socket.sent("follow_session")).toHaveLength(4);
  });

  it("dc1_another_epoch_asks_for_the_whole_and_forgets_the_old_log", async () => {
    const { h, socket, store } = await following({ seq: 5, messages: [prompt("old", null)], head: "old" });
    await deliver(h, durable("message_created", created(prompt("new", null)), 6, "epoch-two"));
    expect(socket.last("follow_session").data).toEqual({ session_id: SESSION });
    snapshot(socket, { epoch: "epoch-two", seq: 6, messages: [prompt("new", null)], head: "new" });
    await h.settle();
    expect(ids(store.getSnapshot().messages)).toEqual(["new"]);
  });

  it("tu4_queued_prompts_move_up", async () => {
    const { h, store } = await following({ seq: 1 });
    const turn = (n: number) => ({ session_id: SESSION, turn_id: `t${n}`, prompt_id: `p${n}`, position: n });
    await deliver(h, ...[1, 2, 3].map((n) => durable("turn_queued", turn(n), n + 1)));
    const places = () => store.getSnapshot().queued.map((one) => `${one.turn_id}@${one.position}`);
    expect(places()).toEqual(["t1@1", "t2@2", "t3@3"]);
    const by = prompt("p", null).author;
    await deliver(
      h,
      durable("turn_dequeued", { session_id: SESSION, turn_id: "t2", prompt_id: "p2", by }, 5),
    );
    expect(places()).toEqual(["t1@1", "t3@2"]);
    const begin = { ...started(streaming("r", "p1")), turn_id: "t1", prompt_id: "p1" };
    await deliver(h, durable("turn_started", begin, 6));
    expect(places()).toEqual(["t3@1"]);
    expect(store.getSnapshot().running).toEqual({ turnId: "t1", promptId: "p1", messageId: "r" });
  });

  it("tu4_a_waiting_prompt_takes_another_text", async () => {
    const { h, store } = await following({ seq: 1, messages: [prompt("p", null, "old")], head: "p" });
    await deliver(h, durable("prompt_edited", { session_id: SESSION, message_id: "p", content: "new" }, 2));
    expect(store.getSnapshot().messages[0]?.content).toBe("new");
  });

  it("tu5_regenerating_makes_a_branch_and_choosing_one_shows_it", async () => {
    const { h, store } = await following({
      seq: 1,
      messages: [prompt("p", null), reply("r1", "p")],
      head: "r1",
    });
    await deliver(h, durable("turn_started", started(streaming("r2", "p")), 2));
    expect(ids(store.getSnapshot().messages)).toEqual(["p", "r2"]);
    expect(store.getSnapshot().branches).toEqual(new Map([["r2", ["r1", "r2"]]]));
    const by = prompt("p", null).author;
    await deliver(h, durable("head_changed", { session_id: SESSION, head: "r1", by }, 3));
    expect(ids(store.getSnapshot().messages)).toEqual(["p", "r1"]);
    expect(store.getSnapshot().branches).toEqual(new Map([["r1", ["r1", "r2"]]]));
    await deliver(h, durable("message_created", created(prompt("q", null)), 4));
    expect(ids(store.getSnapshot().messages)).toEqual(["q"]);
    expect(store.getSnapshot().branches.get("q")).toEqual(["p", "q"]);
  });

  it("tu5_a_reply_on_a_branch_nobody_looks_at_pulls_nobody_there", async () => {
    const { h, socket, store } = await following({
      messages: [prompt("p", null), reply("r", "p")],
      head: "r",
    });
    const by = prompt("p", null).author;
    await deliver(
      h,
      durable("message_created", created(prompt("q", null)), 2),
      durable("head_changed", { session_id: SESSION, head: "r", by }, 3),
      durable("turn_started", started(streaming("s", "q")), 4),
    );
    expect(ids(store.getSnapshot().messages)).toEqual(["p", "r"]);
    expect(store.getSnapshot().running?.messageId).toBe("s");
    expect(socket.sent("get_history")).toEqual([]);
  });

  it("tu5_a_reply_after_a_message_that_is_not_loaded_asks_where_it_belongs", async () => {
    const { h, socket, store } = await following({ messages: [prompt("z", "y")], head: "z" });
    await deliver(h, durable("turn_started", started(streaming("r2", "a")), 2));
    const { id } = socket.last("get_history");
    const page = {
      session_id: SESSION,
      messages: [prompt("a", null), streaming("r2", "a")],
      has_more: false,
      branches: {},
    };
    await deliver(h, event("history", page, { correlation_id: id }));
    expect(ids(store.getSnapshot().messages)).toEqual(["a", "r2"]);
  });

  it("tu5_a_branch_that_is_not_known_is_fetched", async () => {
    const { h, socket, store } = await following({
      seq: 1,
      messages: [prompt("p", null), reply("r1", "p")],
      head: "r1",
      branches: { r1: ["r0", "r1"] },
    });
    const by = prompt("p", null).author;
    await deliver(h, durable("head_changed", { session_id: SESSION, head: "x", by }, 2));
    expect(ids(store.getSnapshot().messages)).toEqual(["p", "r1"]);
    expect(store.getSnapshot().history).toBe("loading");
    const { id, data } = socket.last("get_history");
    expect(data).not.toHaveProperty("before");
    const page = [prompt("p", null), reply("r0", "p"), prompt("x", "r0")];
    const history = { session_id: SESSION, messages: page, has_more: false, branches: { r0: ["r0", "r1"] } };
    await deliver(h, event("history", history, { correlation_id: id }));
    expect(ids(store.getSnapshot().messages)).toEqual(["p", "r0", "x"]);
    expect(store.getSnapshot()).toMatchObject({ history: "idle", head: "x", hasMore: false });
    expect(store.getSnapshot().branches.get("r0")).toEqual(["r0", "r1"]);
  });

  it("tu4_a_model_that_makes_one_wait_is_told_until_text_comes", async () => {
    const { h, store } = await following({ seq: 1, running: running("r", "p", 0, "") });
    const data = {
      session_id: SESSION,
      message_id: "r",
      code: "MODEL_OVERLOADED",
      retry_after: 8000,
      attempt: 2,
    } as const;
    await deliver(h, event("turn_waiting", data, { session_id: SESSION }));
    const waiting = { messageId: "r", code: "MODEL_OVERLOADED", retryAt: Date.now() + 8000, attempt: 2 };
    expect(store.getSnapshot().waiting).toEqual(waiting);
    await deliver(h, event("claude_response", delta("r", 1, "x"), { session_id: SESSION }));
    expect(store.getSnapshot().waiting).toBeNull();
  });
});

describe("history", () => {
  it("se1_older_pages_are_put_before_the_first", async () => {
    const { h, socket, store } = await following({ messages: [prompt("c", "b")], has_more: true, head: "c" });
    expect(store.getSnapshot().hasMore).toBe(true);
    const older = store.loadOlder();
    void store.loadOlder();
    const { id, data } = socket.last("get_history");
    expect([data.before, socket.sent("get_history").length]).toEqual(["c", 1]);
    const page = {
      session_id: SESSION,
      messages: [prompt("a", null), prompt("b", "a")],
      has_more: false,
      branches: {},
    };
    await deliver(h, event("history", page, { correlation_id: id }));
    await older;
    expect(ids(store.getSnapshot().messages)).toEqual(["a", "b", "c"]);
    expect(store.getSnapshot()).toMatchObject({ hasMore: false, history: "idle" });
  });

  it("rs1_a_snapshot_of_the_same_log_keeps_older_pages_and_unchanged_objects", async () => {
    const first = sessionState({ seq: 3, messages: [prompt("a", null), prompt("b", "a")], head: "b" });
    const { h, socket, store } = await following(first);
    const [a, b] = store.getSnapshot().messages;
    await h.reconnect();
    await deliver(
      h,
      event(
        "session_state",
        sessionState({ seq: 9, messages: [prompt("b", "a"), prompt("c", "b")], head: "c" }),
      ),
    );
    expect(socket.sent("get_history")).toEqual([]);
    const after = store.getSnapshot().messages;
    expect(ids(after)).toEqual(["a", "b", "c"]);
    expect([after[0] === a, after[1] === b]).toEqual([true, true]);
  });

  it("rs5_a_reply_whose_end_was_missed_is_not_shown_as_running_for_ever", async () => {
    const { h, store } = await following({
      messages: [prompt("a", null), streaming("r", "a")],
      head: "r",
      running: running("r", "a", 2, "he"),
    });
    await h.reconnect();
    await deliver(
      h,
      event("session_state", sessionState({ seq: 99, messages: [prompt("z", "y")], head: "z" })),
    );
    expect(ids(store.getSnapshot().messages)).toEqual(["z"]);
    expect(store.getSnapshot()).toMatchObject({ hasMore: true, running: null });
    expect(store.reply.getSnapshot()).toBeNull();
  });
});

describe("being told", () => {
  it("dc2_deltas_tell_readers_of_the_reply_once_a_frame_and_readers_of_the_session_not_at_all", async () => {
    const { h, store } = await following({ messages: [prompt("p", null)], head: "p" });
    await deliver(h, durable("turn_started", started(streaming("r", "p")), 2));
    const session = vi.fn();
    const reading = vi.fn();
    store.subscribe(session);
    store.reply.subscribe(reading);
    const before = store.getSnapshot();
    for (let n = 1; n <= 1000; n += 1)
      h.socket().deliver(event("claude_response", delta("r", n, "x"), { session_id: SESSION }));
    await h.settle();
    expect([session.mock.calls.length, reading.mock.calls.length]).toEqual([0, 1]);
    expect(store.getSnapshot()).toBe(before);
    expect(store.reply.getSnapshot()?.text).toBe("x".repeat(1000));
  });

  it("dc5_what_has_not_changed_is_the_same_object", async () => {
    const messages = Array.from({ length: 1000 }, (_, n) => prompt(`m${n}`, n === 0 ? null : `m${n - 1}`));
    const { h, store } = await following({ messages, head: "m999" });
    const before = store.getSnapshot();
    await deliver(h, durable("message_created", created(prompt("next", "m999")), 2));
    const after = store.getSnapshot();
    expect(after.messages.slice(0, 1000).every((message, at) => message === before.messages[at])).toBe(true);
    expect([after.participants === before.participants, after.branches === before.branches]).toEqual([
      true,
      true,
    ]);
    await deliver(h, event("session_changed", { summary: summary({ title: "Other" }) }));
    expect(store.getSnapshot().messages).toBe(after.messages);
    expect(store.getSnapshot().summary?.title).toBe("Other");
  });

  it("tu2_the_final_takes_the_place_of_the_running_reply", async () => {
    const { h, store } = await following({ messages: [prompt("p", null)], head: "p" });
    await deliver(h, durable("turn_started", started(streaming("r", "p")), 2));
    await deliver(h, event("claude_response", delta("r", 1, "Hel"), { session_id: SESSION }));
    await deliver(h, event("claude_response", reattached("r", 2, "Hello"), { session_id: SESSION }));
    await deliver(h, durable("claude_response", final("r", "Hello", { usage: undefined as never }), 3));
    expect(store.getSnapshot()).toMatchObject({ running: null, summary: { running: false } });
    expect(store.getSnapshot().messages.at(-1)).toEqual({
      ...reply("r", "p", "Hello"),
      reply: {
        status: "complete",
        parts: [{ index: 0, kind: "text", content: "Hello" }],
        model: "claude-test-1",
        simulated: false,
        stop_reason: "end_turn",
        ended_at: 9,
      },
    });
    expect(store.reply.getSnapshot()).toBeNull();
    expect(h.client.stats.textMismatches).toBe(0);
  });
});
