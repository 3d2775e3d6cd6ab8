import { describe, expect, it, vi } from "vitest";
import type { Envelope } from "../src/index.js";
import { created, durable, event, prompt, SESSION, sessionState } from "./support/fixtures.js";
import { type Harness, harness, onFakeTime } from "./support/harness.js";

onFakeTime();

const RESUMED = event("resumed", { session_id: SESSION, from: 1, to: 1, recovered: true });

async function following() {
  const h = harness();
  const socket = await h.start();
  const store = h.client.session(SESSION);
  store.follow();
  const head = { correlation_id: socket.last("follow_session").id };
  socket.deliver(event("session_state", sessionState({ seq: 1 }), head));
  await h.settle();
  const pending = () => store.getSnapshot().pending.map(({ content, state }) => `${content}: ${state}`);
  const shown = () => store.getSnapshot().messages.map((message) => message.content);
  return { h, store, pending, shown };
}

const mine = (id: string, content: string, seq: number): Envelope =>
  durable("message_created", created(prompt(id, seq === 2 ? null : `m${seq - 1}`, content)), seq);

const ack = (h: Harness, messageId: string): Envelope =>
  event("ack", { message_id: messageId, seq: 2 }, { correlation_id: h.socket().last("claude_message").id });

describe("messages of one's own", () => {
  it("cm1_are_shown_at_once_and_replaced_by_the_transcripts", async () => {
    const { h, store, pending, shown } = await following();
    const done = store.askClaude("hi", { replyTo: "msg_0" });
    expect(pending()).toEqual(["hi: sending"]);
    expect(h.socket().last("claude_message").data).toEqual({
      session_id: SESSION,
      content: "hi",
      reply_to: "msg_0",
      stream: true,
    });
    const both: string[] = [];
    store.subscribe(() => both.push([...pending(), ...shown()].join()));
    h.socket().deliver(ack(h, "m2"), mine("m2", "hi", 2));
    await done;
    await h.settle();
    expect([pending(), shown()]).toEqual([[], ["hi"]]);
    expect(both.filter((line) => line.includes(","))).toEqual([]);
  });

  it("cm1_stay_until_the_transcript_has_them_when_the_ack_comes_alone", async () => {
    const { h, store, pending, shown } = await following();
    void store.askClaude("hi");
    h.socket().deliver(ack(h, "m2"));
    await h.settle();
    expect(pending()).toEqual(["hi: sending"]);
    h.socket().deliver(mine("m2", "hi", 2));
    await h.settle();
    expect([pending(), shown()]).toEqual([[], ["hi"]]);
  });

  it("cm2_written_offline_are_kept_and_sent_on_return", async () => {
    const { h, store, pending } = await following();
    h.socket().die(1006);
    void store.askClaude("later");
    expect(pending()).toEqual(["later: kept"]);
    await vi.advanceTimersByTimeAsync(500);
    const socket = await h.welcome({}, RESUMED);
    expect(pending()).toEqual(["later: sending"]);
    expect(socket.last("claude_message").data.content).toBe("later");
  });

  it("cm2_sent_before_a_loss_are_not_shown_twice_when_the_replay_comes_before_the_ack", async () => {
    const { h, store, pending, shown } = await following();
    void store.askClaude("hi");
    void store.askClaude("hi");
    h.socket().die(1006);
    await h.settle();
    expect(pending()).toEqual(["hi: kept", "hi: kept"]);
    await vi.advanceTimersByTimeAsync(500);
    const resumed = event("resumed", { session_id: SESSION, from: 1, to: 2, recovered: true });
    const socket = await h.welcome({}, resumed, mine("m2", "hi", 2));
    expect([pending(), shown()]).toEqual([["hi: sending"], ["hi"]]);
    const [first, second] = socket.sent("claude_message");
    socket.deliver(
      event("ack", { message_id: "m2" }, { correlation_id: first?.id ?? "" }),
      event("ack", { message_id: "m3" }, { correlation_id: second?.id ?? "" }),
      mine("m3", "hi", 3),
    );
    await h.settle();
    expect([pending(), shown()]).toEqual([[], ["hi", "hi"]]);
  });

  it("cm2_a_snapshot_settles_them_too", async () => {
    const { h, store, pending } = await following();
    void store.askClaude("hi");
    const state = sessionState({ seq: 2, messages: [prompt("m2", null, "hi")], head: "m2" });
    await h.reconnect(1006, event("session_state", state));
    expect(pending()).toEqual([]);
  });

  it("cm2_one_that_was_acknowledged_is_done_with_once_a_snapshot_comes_whatever_page_it_shows", async () => {
    const { h, store, pending } = await following();
    void store.askClaude("hi");
    h.socket().deliver(ack(h, "m2"));
    await h.settle();
    const state = sessionState({ seq: 500, messages: [prompt("z", "y")], head: "z" });
    await h.reconnect(1006, event("session_state", state));
    expect(pending()).toEqual([]);
  });

  it("cm3_refused_ones_say_why_and_can_be_sent_again_or_dropped", async () => {
    const { h, store, pending } = await following();
    const refuse = async () => {
      const head = { correlation_id: h.socket().last("claude_message").id };
      h.socket().deliver(event("error", { code: "QUEUE_FULL", message: "Full.", recoverable: true }, head));
      await h.settle();
    };
    const asked = store.askClaude("hi");
    asked.catch(() => {});
    await refuse();
    await expect(asked).rejects.toMatchObject({ code: "QUEUE_FULL" });
    const [failed] = store.getSnapshot().pending;
    expect(failed).toMatchObject({ state: "failed", error: { code: "QUEUE_FULL" } });
    store.retry(failed?.id ?? "");
    expect(pending()).toEqual(["hi: sending"]);
    expect(
      new Set(
        h
          .socket()
          .sent("claude_message")
          .map((command) => command.id),
      ).size,
    ).toBe(2);
    await refuse();
    store.discard(store.getSnapshot().pending[0]?.id ?? "");
    expect(pending()).toEqual([]);
  });

  it("cm2_one_that_timed_out_is_sent_again_with_the_same_id", async () => {
    const { h, store } = await following();
    store.askClaude("hi").catch(() => {});
    for (let s = 0; s < 20; s += 1) {
      h.socket().deliver(event("pong", { server_time: 1 }));
      await vi.advanceTimersByTimeAsync(1000);
    }
    const [failed] = store.getSnapshot().pending;
    expect(failed).toMatchObject({ state: "failed", error: { code: "TIMEOUT" } });
    store.retry(failed?.id ?? "");
    const sent = h
      .socket()
      .sent("claude_message")
      .map((command) => command.id);
    expect(sent).toEqual([failed?.id, failed?.id]);
  });

  it("cm2_one_that_waits_for_a_connection_can_be_taken_back", async () => {
    const { h, store, pending } = await following();
    h.socket().die(1006);
    const taken = store.chat("never mind");
    taken.catch(() => {});
    store.discard(store.getSnapshot().pending[0]?.id ?? "");
    await expect(taken).rejects.toMatchObject({ code: "ABORTED" });
    expect(pending()).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect((await h.welcome()).sent("chat_message")).toEqual([]);
  });
});

describe("doing things", () => {
  it("se1_each_method_sends_its_command", async () => {
    const { h, store } = await following();
    const doings = [
      store.cancel("m"),
      store.editQueued("m", "x"),
      store.regenerate("m"),
      store.editPrompt("m", "x"),
      store.selectBranch("m"),
      store.fork("m"),
      store.rename("T"),
      store.configure({ model: "a", effort: "high" }),
      store.close(),
      store.reopen(),
      store.remove(),
    ];
    const commands = h.socket().sent().slice(2);
    expect(commands.map(({ type, data }) => [type, data])).toEqual([
      ["cancel", { session_id: SESSION, message_id: "m" }],
      ["edit_queued", { session_id: SESSION, message_id: "m", content: "x" }],
      ["regenerate", { session_id: SESSION, message_id: "m" }],
      ["edit_prompt", { session_id: SESSION, message_id: "m", content: "x" }],
      ["select_branch", { session_id: SESSION, message_id: "m" }],
      ["fork_session", { session_id: SESSION, message_id: "m" }],
      ["rename_session", { session_id: SESSION, title: "T" }],
      ["configure_session", { session_id: SESSION, model: "a", effort: "high" }],
      ["close_session", { session_id: SESSION }],
      ["reopen_session", { session_id: SESSION }],
      ["delete_session", { session_id: SESSION }],
    ]);
    for (const { id } of commands)
      h.socket().deliver(event("ack", { session_id: "ses_new" }, { correlation_id: id }));
    expect((await Promise.all(doings))[5]).toBe("ses_new");
  });
});
