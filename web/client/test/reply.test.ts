import type { Part } from "@madang/protocol";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../src/index.js";
import { ReplyAssembler } from "../src/session/reply.js";
import { chance, pieces } from "./support/chance.js";
import {
  delta,
  durable,
  event,
  final,
  prompt,
  reattached,
  running,
  SESSION,
  sessionState,
  started,
  streaming,
} from "./support/fixtures.js";
import { type Harness, harness, onFakeTime } from "./support/harness.js";

onFakeTime();

const text = (parts: readonly Part[]) => parts.map((part) => part.content).join("|");

describe("putting together", () => {
  it("dc2_deltas_that_are_known_are_dropped_and_merged_ones_taken_whole", () => {
    const reply = new ReplyAssembler(running("r", "p", 2, "ab"));
    const taken = [
      reply.take(delta("r", 1, "a")),
      reply.take(delta("r", 2, "b")),
      reply.take(delta("r", 5, "cde")),
      reply.take(delta("r", 4, "d")),
      reply.take(delta("r", 6, "f")),
    ];
    expect(taken).toEqual([false, false, true, false, true]);
    expect(reply.snapshot()).toMatchObject({ n: 6, text: "abcdef" });
  });

  it("tu7_parts_keep_their_kinds_and_only_text_is_text", () => {
    const reply = new ReplyAssembler(running("r", "p", 0, ""));
    reply.take(delta("r", 1, "hm", { part: 0, kind: "thinking" }));
    reply.take(delta("r", 2, "Let me look.", { part: 1 }));
    reply.take(delta("r", 3, '{"q":', { part: 2, kind: "tool_use", name: "search" }));
    reply.take(delta("r", 4, "1}", { part: 2, kind: "tool_use" }));
    reply.take(delta("r", 5, " Done.", { part: 3 }));
    const { parts, text: said } = reply.snapshot();
    expect(said).toBe("Let me look. Done.");
    expect(parts).toEqual([
      { index: 0, kind: "thinking", content: "hm" },
      { index: 1, kind: "text", content: "Let me look." },
      { index: 2, kind: "tool_use", content: '{"q":1}', name: "search" },
      { index: 3, kind: "text", content: " Done." },
    ]);
  });

  it("dc2_what_was_shown_never_changes_and_unchanged_parts_stay_the_same_object", () => {
    const reply = new ReplyAssembler(running("r", "p", 0, ""));
    reply.take(delta("r", 1, "one", { part: 0 }));
    reply.take(delta("r", 2, "two", { part: 1 }));
    const before = reply.snapshot();
    expect(reply.snapshot()).toBe(before);
    reply.take(delta("r", 3, "!", { part: 1 }));
    const after = reply.snapshot();
    expect([text(before.parts), text(after.parts)]).toEqual(["one|two", "one|two!"]);
    expect([before.parts[0] === after.parts[0], before.parts[1] === after.parts[1]]).toEqual([true, false]);
  });

  it("rs2_a_snapshot_replaces_even_if_it_is_shorter", () => {
    const reply = new ReplyAssembler(running("r", "p", 0, ""));
    reply.take(delta("r", 9, "much text"));
    reply.take(reattached("r", 4, "much"));
    expect(reply.take(delta("r", 4, "?"))).toBe(false);
    reply.take(delta("r", 5, " more"));
    expect(reply.snapshot()).toMatchObject({ n: 5, text: "much more" });
  });

  it("dc2_a_delta_costs_the_same_however_long_the_reply_is", () => {
    // Work that grew with the text would copy terabytes here and not end before the runner's own time-out.
    const deltas = 1_000_000;
    const reply = new ReplyAssembler(running("r", "p", 0, ""));
    for (let n = 1; n <= deltas; n += 1) reply.take(delta("r", n, "word "));
    expect(reply.snapshot().text).toHaveLength(deltas * 5);
  });
});

/** The other end: one reply of which every piece, or only what is missing, can be sent again at any time. */
class Stream {
  n = 0;
  text = "";
  done = false;

  constructor(readonly pieces: readonly string[]) {}

  next(): Envelope {
    const piece = this.pieces[this.n];
    if (piece === undefined) {
      this.done = true;
      return durable("claude_response", final("r", this.text), 4);
    }
    this.n += 1;
    this.text += piece;
    return event("claude_response", delta("r", this.n, piece), { session_id: SESSION });
  }

  /** What a reconnection at `seq` is answered with: an exact replay and a re-attachment, or a snapshot. */
  resume(seq: number, exact: boolean): Envelope[] {
    const log = [
      durable("turn_started", started(streaming("r", "p")), 3),
      ...(this.done ? [durable("claude_response", final("r", this.text), 4)] : []),
    ];
    const head = log.at(-1)?.seq ?? 3;
    if (exact) {
      const attach = this.done
        ? []
        : [event("claude_response", reattached("r", this.n, this.text), { session_id: SESSION })];
      const missed = log.filter((one) => (one.seq ?? 0) > seq);
      return [
        event("resumed", { session_id: SESSION, from: seq, to: head, recovered: true }),
        ...missed,
        ...attach,
      ];
    }
    const reply = this.done ? { ...streaming("r", "p"), content: this.text } : streaming("r", "p");
    const state = sessionState({
      seq: head,
      messages: [prompt("p", null), reply],
      head: "r",
      running: this.done ? null : running("r", "p", this.n, this.text),
    });
    return [event("session_state", state, { session_id: SESSION })];
  }
}

async function startStream(h: Harness): Promise<void> {
  const socket = await h.start();
  h.client.session(SESSION).follow();
  const head = { correlation_id: socket.last("follow_session").id };
  socket.deliver(
    event("session_state", sessionState({ seq: 2, messages: [prompt("p", null)], head: "p" }), head),
    durable("turn_started", started(streaming("r", "p")), 3),
  );
  await h.settle();
}

describe("any cut", () => {
  it.each(Array.from({ length: 120 }, (_, seed) => seed))(
    "rs2_no_text_is_lost_or_doubled_seed_%i",
    async (seed) => {
      const random = chance(seed);
      const h = harness();
      const store = h.client.session(SESSION);
      const stream = new Stream(pieces(random, 40));
      await startStream(h);
      while (!stream.done) {
        const batch = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
          stream.done ? undefined : stream.next(),
        );
        const arriving = batch.filter((one) => one !== undefined);
        const cut = random() < 0.25;
        // Of a batch that is cut, only the beginning arrives.
        const arrived = cut ? arriving.slice(0, Math.floor(random() * (arriving.length + 1))) : arriving;
        if (arrived.length > 0) h.socket().deliver(...arrived);
        await h.settle();
        if (!cut) {
          if (!stream.done) expect(store.reply.getSnapshot()?.text ?? "").toBe(stream.text);
          continue;
        }
        const seq = store.resumePoint()?.seq ?? 0;
        await h.reconnect(1006, ...stream.resume(seq, random() < 0.7));
        expect(store.getSnapshot().status).toBe("live");
      }
      const message = store.getSnapshot().messages.at(-1);
      expect([message?.message_id, message?.content]).toEqual(["r", stream.text]);
      expect(store.getSnapshot().running).toBeNull();
      expect(h.client.stats).toMatchObject({ textMismatches: 0, gaps: 0 });
    },
  );

  it("dc2_a_final_that_is_not_the_sum_of_its_deltas_is_counted_and_wins", async () => {
    const h = harness();
    await startStream(h);
    const socket = h.socket();
    socket.deliver(event("claude_response", delta("r", 1, "one"), { session_id: SESSION }));
    socket.deliver(durable("claude_response", final("r", "two"), 4));
    await h.settle();
    expect(h.client.stats.textMismatches).toBe(1);
    expect(h.client.session(SESSION).getSnapshot().messages.at(-1)?.content).toBe("two");
  });

  it("rs5_an_interrupted_reply_may_be_a_prefix_of_what_was_seen", async () => {
    const h = harness();
    await startStream(h);
    h.socket().deliver(
      event("claude_response", delta("r", 1, "seen but not stored"), { session_id: SESSION }),
    );
    const end = durable("claude_response", final("r", "seen", { status: "interrupted" }), 4);
    await h.reconnect(1006, event("resumed", { session_id: SESSION, from: 3, to: 4, recovered: true }), end);
    expect(h.client.stats.textMismatches).toBe(0);
    expect(h.client.session(SESSION).getSnapshot().messages.at(-1)).toMatchObject({
      content: "seen",
      reply: { status: "interrupted" },
    });
  });
});
