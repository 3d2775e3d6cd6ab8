import { describe, expect, it, vi } from "vitest";
import { readFrame } from "../src/envelope.js";
import type { Envelope } from "../src/index.js";
import { chance } from "./support/chance.js";
import {
  connected,
  created,
  delta,
  durable,
  event,
  final,
  ME,
  participant,
  prompt,
  running,
  SESSION,
  sessionState,
  started,
  streaming,
} from "./support/fixtures.js";
import { type Harness, harness, onFakeTime } from "./support/harness.js";

onFakeTime();

describe("frames", () => {
  it.each([
    "",
    "nonsense",
    "null",
    "17",
    '"text"',
    "{}",
    '{"type":7,"data":{}}',
    '{"type":"ack"}',
    '{"type":"ack","data":null}',
    '{"type":"ack","data":[]}',
    '{"type":"ack","data":{},"correlation_id":5}',
    '{"type":"ack","data":{},"seq":"1"}',
    '{"data":{}}',
  ])("en2_%j_is_counted_and_nothing_else", (frame) => {
    expect(readFrame(frame)).toEqual({ envelopes: [], garbage: 1 });
  });

  it("en3_an_array_holds_envelopes_and_perhaps_garbage", () => {
    const frame = JSON.stringify([
      event("pong", { server_time: 1 }),
      null,
      event("pong", { server_time: 2 }),
    ]);
    const { envelopes, garbage } = readFrame(frame);
    expect([envelopes.length, garbage]).toEqual([2, 1]);
    expect(readFrame("[]")).toEqual({ envelopes: [], garbage: 0 });
  });

  it("en3_binary_frames_are_counted", () => {
    expect(readFrame(new ArrayBuffer(3))).toEqual({ envelopes: [], garbage: 1 });
  });
});

describe("a server that talks nonsense", () => {
  it("en2_unknown_events_and_names_of_object_properties_do_nothing", async () => {
    const h = harness();
    const socket = await h.start();
    h.client.session(SESSION).follow();
    socket.deliver(event("session_state", sessionState(), { session_id: SESSION }));
    for (const type of [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "valueOf",
      "robot_danced",
    ]) {
      socket.deliver(
        `{"type":"${type}","data":{"session_id":"${SESSION}","__proto__":{"polluted":true}},"session_id":"__proto__"}`,
      );
      socket.deliver(`{"type":"${type}","data":{},"session_id":"${SESSION}","correlation_id":"__proto__"}`);
    }
    await h.settle();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(h.errors).toEqual([]);
    expect(h.client.stats).toMatchObject({ garbage: 0, gaps: 0, handlerErrors: 0 });
    expect(h.client.connection.getSnapshot().status).toBe("connected");
  });

  it("en2_a_session_and_a_message_called_proto_are_names_like_others", async () => {
    const h = harness();
    const socket = await h.start();
    const store = h.client.session("__proto__");
    store.follow();
    const state = sessionState({
      session_id: "__proto__",
      messages: [prompt("__proto__", null)],
      head: "__proto__",
      running: running("__proto__", "p", 3, "x"),
      branches: JSON.parse('{"__proto__":["__proto__","constructor"]}'),
    });
    socket.deliver(event("session_state", state, { session_id: "__proto__" }));
    await h.settle();
    expect(store.getSnapshot().branches.get("__proto__")).toEqual(["__proto__", "constructor"]);
    const next = await h.reconnect();
    expect(next.frames[0]).toContain(
      '"sessions":{"__proto__":{"epoch":"epoch-one","seq":1,"streams":{"__proto__":3}}}',
    );
  });

  it("en2_any_part_of_any_event_may_be_missing_null_or_of_another_type", async () => {
    const random = chance(7);
    const h = harness();
    await h.start();
    const store = h.client.session(SESSION);
    store.follow();
    const whole = sessionState({
      running: running("r", "p", 1, "x"),
      presence: [{ user_id: "usr_jun", state: "away", devices: 0, typing: true }],
      invitations: [{ user_id: "usr_jun", display_name: "", role: "viewer", by: ME, at: 1 }],
      budget: { period: "day" },
    });
    const good = () => [
      event("session_state", whole, { session_id: SESSION }),
      durable("message_created", created(prompt("p", null)), 2),
      durable("turn_started", started(streaming("r", "p")), 3),
      event("claude_response", delta("r", 2, "y"), { session_id: SESSION }),
      durable("claude_response", final("r", "xy"), 4),
      ...peopleEvents(),
      event("connected", connected()),
      event("disconnected", { code: 4200, reason: "x", reconnect_after_ms: 5 }),
      event("session_changed", { summary: sessionState().summary }),
      event("ack", {}, { correlation_id: "cmd_x" }),
      event("error", { code: "NOT_FOUND", message: "x", recoverable: false }),
    ];
    for (let round = 0; round < 6000; round += 1) {
      const events: Envelope[] = good();
      const victim = events[Math.floor(random() * events.length)] as Envelope;
      const broken = spoil(JSON.parse(JSON.stringify(victim)), random);
      if (h.client.connection.getSnapshot().status !== "connected") await back(h);
      h.socket().onmessage?.({ data: JSON.stringify(broken) });
      if (round % 100 === 0) await vi.advanceTimersByTimeAsync(3_000);
    }
    await h.settle();
    h.client.close();
    await h.start();
    store.receive(
      event(
        "session_state",
        sessionState({ seq: 50, epoch: "fresh", messages: [prompt("z", null)], head: "z" }),
      ) as Envelope,
    );
    await h.settle();
    expect(store.getSnapshot()).toMatchObject({ status: "live", head: "z" });
  });

  it("en2_a_handler_that_throws_disturbs_nobody", async () => {
    const h = harness();
    const socket = await h.start();
    const heard: number[] = [];
    h.client.on("pong", () => {
      throw new Error("mine");
    });
    const stop = h.client.on("pong", ({ server_time }, envelope) =>
      heard.push(server_time, envelope.timestamp ?? 0),
    );
    socket.deliver(event("pong", { server_time: 5 }));
    stop();
    socket.deliver(event("pong", { server_time: 6 }));
    expect(heard).toEqual([5, 1]);
    expect(h.errors).toEqual(["handler of pong: Error: mine", "handler of pong: Error: mine"]);
    expect(h.client.stats.handlerErrors).toBe(2);
  });
});

/** One of each event about people, as it should be. */
function peopleEvents(): Envelope[] {
  const at = { session_id: SESSION };
  const person = participant({ user_id: "usr_jun" });
  const presence = { user_id: "usr_jun", state: "here", devices: 1, typing: true } as const;
  const invitation = { user_id: "usr_jun", display_name: "", role: "viewer", by: ME, at: 1 } as const;
  return [
    durable("member_added", { ...at, participant: person, by: ME }, 2),
    durable("member_changed", { ...at, participant: person }, 2),
    durable("role_changed", { ...at, user_id: "usr_jun", role: "viewer", rights: ["chat"], by: ME }, 2),
    durable("member_removed", { ...at, user_id: "usr_jun", by: ME }, 2),
    durable("user_invited", { ...at, invitation }, 2),
    durable("invitation_withdrawn", { ...at, user_id: "usr_jun", by: ME }, 2),
    durable(
      "message_edited",
      { ...at, message_id: "p", content: "x", mentions: ["usr_jun"], edited_at: 2 },
      2,
    ),
    durable("reaction_changed", { ...at, message_id: "p", user_id: "usr_jun", emoji: "x", on: true }, 2),
    durable("message_deleted", { ...at, message_id: "p", deleted_at: 3, by: ME }, 2),
    durable("budget_changed", { ...at, budget: { tokens: 1, period: "day" }, by: ME }, 2),
    event("participant_joined", { ...at, ...person }, at),
    event("presence_changed", { ...at, presence }, at),
    event("participant_left", { ...at, user_id: "usr_jun" }, at),
    event("read_marked", { ...at, message_id: "p", unread: 0, unread_mentions: 0 }, at),
    event("invited", { ...at, title: "", role: "viewer", by: ME }),
    event("removed", { ...at, by: ME }, at),
  ];
}

/** Connects again, whatever the nonsense has led to. */
async function back(h: Harness): Promise<void> {
  h.client.close();
  await h.start();
}

/** Replaces one value somewhere inside by something else. */
function spoil(value: Record<string, unknown>, random: () => number): unknown {
  const wrong = [null, undefined, 7, "x", true, [], {}, [null], { a: null }, -1, ""];
  const keys = Object.keys(value);
  const key = keys[Math.floor(random() * keys.length)];
  if (key === undefined) return wrong[Math.floor(random() * wrong.length)];
  const inner = value[key];
  const deeper = typeof inner === "object" && inner !== null && random() < 0.7;
  value[key] = deeper
    ? spoil(inner as Record<string, unknown>, random)
    : wrong[Math.floor(random() * wrong.length)];
  return value;
}
