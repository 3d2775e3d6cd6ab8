import { describe, expect, it, vi } from "vitest";
import { CloseCode, type ConnectionState, DEFAULT_SETTINGS, MadangError } from "../src/index.js";
import { EPOCH, event, prompt, SESSION, sessionState } from "./support/fixtures.js";
import { harness, onFakeTime } from "./support/harness.js";

onFakeTime();

const status = (state: ConnectionState) => state.status;

describe("connecting", () => {
  it("cn4_hello_comes_first_and_commands_wait_for_connected", async () => {
    const h = harness({ client: { name: "test", version: "9" } });
    const states: string[] = [];
    h.client.connection.subscribe(() => states.push(status(h.client.connection.getSnapshot())));
    void h.client.send("list_models", {});
    h.client.connect();
    await h.settle();
    const socket = h.socket();
    expect([socket.url, socket.protocols]).toEqual(["ws://server.test/ws", ["madang.v2.json"]]);
    socket.accept();
    expect(socket.sent().map(({ type, data }) => [type, data])).toEqual([
      ["hello", { client: { name: "test", version: "9" } }],
    ]);
    await h.welcome();
    expect(socket.sent().at(-1)?.type).toBe("list_models");
    expect(states).toEqual(["connecting", "connected"]);
    expect(h.client.server.getSnapshot()?.display_name).toBe("Minji");
  });

  it("cn4_no_answer_to_hello_is_given_up_and_tried_again", async () => {
    const h = harness();
    h.client.connect();
    await h.settle();
    h.socket().accept();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.helloMs);
    expect(h.client.connection.getSnapshot()).toMatchObject({
      status: "reconnecting",
      attempt: 1,
      why: { key: "no_answer" },
    });
    expect(h.sockets[0]?.closedWith).toBe(1000);
    await vi.advanceTimersByTimeAsync(500);
    expect(h.sockets).toHaveLength(2);
  });

  it("cn7_a_handshake_that_hangs_is_given_up", async () => {
    const h = harness();
    h.client.connect();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.openMs);
    expect(h.client.connection.getSnapshot()).toMatchObject({
      status: "reconnecting",
      why: { key: "handshake_failed" },
    });
  });

  it("cn7_goes_on_for_ever_with_growing_pauses", async () => {
    const h = harness();
    h.client.connect();
    const pauses: number[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      await h.settle();
      h.socket().die(1006);
      const state = h.client.connection.getSnapshot();
      if (state.status !== "reconnecting" || state.retryAt === null) throw new Error(state.status);
      pauses.push(state.retryAt - Date.now());
      expect(state.attempt).toBe(turn + 1);
      await vi.advanceTimersByTimeAsync(state.retryAt - Date.now());
    }
    expect(pauses.map(Math.round)).toEqual([250, 500, 1000, 2000, 4000, 8000, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4]);
  });

  it("cn7_a_connection_that_held_starts_the_pauses_afresh_one_that_did_not_does_not", async () => {
    const h = harness();
    await h.start();
    for (const expected of [1, 2, 3]) {
      h.socket().die(1006);
      expect(h.client.connection.getSnapshot()).toMatchObject({ attempt: expected });
      await vi.advanceTimersByTimeAsync(1_000);
      await h.welcome();
    }
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.stableMs);
    h.socket().die(1006);
    expect(h.client.connection.getSnapshot()).toMatchObject({ attempt: 1 });
  });
});

describe("the end of a connection", () => {
  const codes = Object.values(CloseCode).concat(
    1001 as never,
    1005 as never,
    1006 as never,
    1012 as never,
    1013 as never,
  );

  it.each(codes)("cn6_close_code_%i_is_obeyed_by_its_range", async (code) => {
    const h = harness();
    await h.start();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.stableMs);
    const kept = h.client.send("create_session", {});
    kept.catch(() => {});
    const outcome = vi.fn();
    kept.catch(outcome);
    h.socket().die(code, "because");
    await h.settle();
    const state = h.client.connection.getSnapshot();
    const never = code >= 4400;
    const refused = code === 1008 || code === 1009;
    if (never) expect(state).toMatchObject({ status: "closed", code, reason: "because" });
    else if (state.status === "reconnecting") {
      const pause = (state.retryAt ?? 0) - Date.now();
      expect(Math.round(pause)).toBe(code >= 4200 ? 500 : 250);
    } else throw new Error(state.status);
    expect(outcome).toHaveBeenCalledTimes(never || refused ? 1 : 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(h.sockets.length > 1).toBe(!never);
  });

  it("cn6_the_announcements_hint_wins_and_its_code_counts_where_the_close_frame_is_lost", async () => {
    const h = harness();
    const socket = await h.start();
    socket.deliver(event("disconnected", { code: 4200, reason: "drain", reconnect_after_ms: 1234 }));
    socket.die(1006);
    expect(h.client.connection.getSnapshot()).toMatchObject({
      status: "reconnecting",
      retryAt: Date.now() + 1234,
      why: { code: 4200, key: "restarting" },
    });
  });

  it("cn6_an_announced_close_that_never_comes_is_made", async () => {
    const h = harness();
    const socket = await h.start();
    socket.deliver(event("disconnected", { code: 4403, reason: "removed" }));
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.goodbyeMs);
    expect(h.client.connection.getSnapshot()).toEqual({
      status: "closed",
      code: 4403,
      reason: "removed",
      key: "forbidden",
    });
    expect(socket.closedWith).toBe(1000);
  });

  it("cn6_after_an_end_for_good_connect_begins_again", async () => {
    const h = harness();
    const socket = await h.start();
    const lost = h.client.send("create_session", {});
    socket.die(4401);
    await expect(lost).rejects.toEqual(
      new MadangError("CLOSED", "The server ended the connection.", { details: "4401" }),
    );
    expect(h.surroundings.listeners.size).toBe(0);
    await h.start();
    expect(h.client.connection.getSnapshot().status).toBe("connected");
    expect(h.surroundings.listeners.size).toBe(1);
  });

  it("cn7_close_ends_everything_and_leaves_no_timer", async () => {
    const h = harness();
    const socket = await h.start();
    const waiting = h.client.send("create_session", {});
    h.client.close();
    await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
    expect(socket.closedWith).toBe(1000);
    expect(h.client.connection.getSnapshot()).toEqual({ status: "idle" });
    expect([vi.getTimerCount(), h.surroundings.listeners.size]).toEqual([0, 0]);
  });
});

describe("network and sleep", () => {
  it("cn7_online_tries_at_once_and_starts_the_pauses_afresh", async () => {
    const h = harness();
    await h.start();
    h.surroundings.say("offline");
    h.socket().die(1006);
    expect(status(h.client.connection.getSnapshot())).toBe("offline");
    for (let turn = 0; turn < 5; turn += 1) {
      await vi.advanceTimersByTimeAsync(20_000);
      h.socket().die(1006);
    }
    const sockets = h.sockets.length;
    h.surroundings.say("online");
    await h.settle();
    expect(h.sockets).toHaveLength(sockets + 1);
    expect(status(h.client.connection.getSnapshot())).toBe("reconnecting");
    h.socket().die(1006);
    expect(h.client.connection.getSnapshot()).toMatchObject({ attempt: 1 });
  });

  it("cn5_silence_is_met_with_a_ping_and_then_given_up", async () => {
    const h = harness();
    const socket = await h.start();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.pingAfterMs);
    expect(socket.last("ping").data).toEqual({ timestamp: Date.now() });
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.pongMs);
    expect(h.client.connection.getSnapshot()).toMatchObject({
      status: "reconnecting",
      why: { key: "no_answer" },
    });
    expect(socket.onmessage).toBeNull();
  });

  it("cn5_any_frame_is_a_sign_of_life", async () => {
    const h = harness();
    const socket = await h.start();
    for (let turn = 0; turn < 10; turn += 1) {
      await vi.advanceTimersByTimeAsync(20_000);
      socket.deliver(event("pong", { server_time: 1 }));
    }
    expect(socket.sent("ping")).toEqual([]);
    expect(status(h.client.connection.getSnapshot())).toBe("connected");
  });

  it("cn5_after_sleep_the_peer_is_asked_before_it_is_given_up", async () => {
    const h = harness();
    const socket = await h.start();
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.tickMs);
    expect(socket.sent("ping")).toHaveLength(1);
    expect(status(h.client.connection.getSnapshot())).toBe("connected");
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.probeMs);
    expect(h.client.connection.getSnapshot()).toMatchObject({
      status: "reconnecting",
      why: { key: "no_answer" },
    });
  });

  it("cn5_a_clock_that_is_set_back_makes_nobody_deaf", async () => {
    const h = harness();
    const socket = await h.start();
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.tickMs);
    expect(socket.sent("ping")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.probeMs);
    expect(status(h.client.connection.getSnapshot())).toBe("reconnecting");
  });

  it("cn5_after_sleep_a_peer_that_answers_is_kept", async () => {
    const h = harness();
    const socket = await h.start();
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.tickMs);
    socket.deliver(event("pong", { server_time: 1 }));
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.probeMs * 2);
    expect(status(h.client.connection.getSnapshot())).toBe("connected");
  });

  it("cn7_waking_up_or_coming_back_to_the_page_tries_at_once", async () => {
    const h = harness();
    await h.start();
    h.chance = 1;
    for (let turn = 0; turn < 6; turn += 1) {
      h.socket().die(1006);
      await vi.advanceTimersByTimeAsync(20_000);
    }
    h.socket().die(1006);
    const sockets = h.sockets.length;
    h.surroundings.say("visible");
    await h.settle();
    expect(h.sockets).toHaveLength(sockets + 1);
  });

  it("cn5_going_offline_makes_sure_quickly", async () => {
    const h = harness();
    const socket = await h.start();
    h.surroundings.say("offline");
    expect(socket.sent("ping")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.probeMs);
    expect(status(h.client.connection.getSnapshot())).toBe("offline");
  });
});

describe("credentials", () => {
  it("cn1_a_ticket_is_asked_for_before_each_attempt", async () => {
    let tickets = 0;
    const h = harness({ credentials: async () => ({ ticket: `t${++tickets}` }) });
    await h.start();
    await h.reconnect();
    expect(h.sockets.map((socket) => socket.url)).toEqual([
      "ws://server.test/ws?ticket=t1",
      "ws://server.test/ws?ticket=t2",
    ]);
  });

  it("cn1_a_token_is_exchanged_for_a_ticket_and_never_stands_in_an_address", async () => {
    const asked: [string, RequestInit | undefined][] = [];
    const fetcher: typeof fetch = async (input, init) => {
      asked.push([String(input), init]);
      return new Response(JSON.stringify({ ticket: "one-time" }), { status: 201 });
    };
    const h = harness({ credentials: async () => ({ token: "secret" }), fetch: fetcher });
    await h.start();
    expect(asked).toEqual([
      ["http://server.test/api/v1/tickets", { method: "POST", headers: { Authorization: "Bearer secret" } }],
    ]);
    expect(h.socket().url).toBe("ws://server.test/ws?ticket=one-time");
  });

  it("cn1_a_refused_token_ends_it_a_failing_server_does_not", async () => {
    let code = 503;
    const fetcher: typeof fetch = async () => new Response("", { status: code });
    const h = harness({ credentials: async () => ({ token: "secret" }), fetch: fetcher });
    h.client.connect();
    await h.settle();
    expect(h.client.connection.getSnapshot()).toMatchObject({
      status: "reconnecting",
      why: { key: "credentials_failed" },
    });
    code = 401;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(h.client.connection.getSnapshot()).toMatchObject({ status: "closed", key: "credential_refused" });
  });

  it("cn1_credentials_that_come_after_the_end_are_not_used", async () => {
    let give: (value: null) => void = () => {};
    const h = harness({ credentials: () => new Promise((resolve) => (give = resolve)) });
    h.client.connect();
    h.client.close();
    give(null);
    await h.settle();
    expect(h.sockets).toHaveLength(0);
  });
});

describe("resuming", () => {
  it("cn4_hello_names_what_is_followed_and_where_it_stands", async () => {
    const h = harness();
    const socket = await h.start();
    h.client.session(SESSION).follow();
    const follow = socket.last("follow_session");
    const state = sessionState({ seq: 7, messages: [prompt("p", null)], head: "p" });
    socket.deliver(event("session_state", state, { correlation_id: follow.id, session_id: SESSION }));
    const next = await h.reconnect();
    expect(next.last("hello").data.resume).toEqual({
      sessions: { [SESSION]: { epoch: EPOCH, seq: 7, streams: {} } },
    });
    expect(next.sent("follow_session")).toEqual([]);
  });

  it("cn6_after_4202_nothing_is_resumed", async () => {
    const h = harness();
    const socket = await h.start();
    h.client.session(SESSION).follow();
    socket.deliver(event("session_state", sessionState(), { session_id: SESSION }));
    const next = await h.reconnect(4202);
    expect(next.last("hello").data).not.toHaveProperty("resume");
    expect(next.last("follow_session").data).toEqual({ session_id: SESSION });
  });

  it("rs1_a_session_that_hello_got_no_answer_for_is_asked_for", async () => {
    const h = harness();
    const socket = await h.start();
    h.client.session(SESSION).follow();
    socket.deliver(event("session_state", sessionState(), { session_id: SESSION }));
    const next = await h.reconnect();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.helloMs);
    expect(next.last("follow_session").data).toEqual({
      session_id: SESSION,
      resume: { epoch: EPOCH, seq: 1, streams: {} },
    });
  });
});
