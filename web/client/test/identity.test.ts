import { describe, expect, it, vi } from "vitest";
import { keepIn, type MadangError } from "../src/index.js";
import {
  connected,
  EPOCH,
  event,
  ME,
  model,
  prompt,
  SESSION,
  sessionState,
  summary,
} from "./support/fixtures.js";
import { following } from "./support/following.js";
import { type Harness, harness, onFakeTime } from "./support/harness.js";

onFakeTime();

const OTHER_USER = "usr_other";

/** Signs in as `user_id`: the page calls `reauthenticate`, the server welcomes. */
async function become(h: Harness, user_id: string) {
  const old = h.socket();
  h.client.reauthenticate();
  expect(old.closedWith).toBe(1000);
  expect(h.client.connection.getSnapshot().status).toBe("connecting");
  return h.welcome({ user_id });
}

describe("becoming someone else", () => {
  it("cn1_a_guest_who_signs_up_keeps_everything_and_resumes", async () => {
    const f = await following({ messages: [prompt("p", null)], head: "p" });
    const waiting = f.store.chat("hi");
    const { id } = f.socket.last("chat_message");
    const next = await become(f.h, ME.user_id);
    const point = { epoch: EPOCH, seq: 1, streams: {} };
    expect(next.last("hello").data.resume).toEqual({ sessions: { [SESSION]: point } });
    expect(next.last("chat_message").id).toBe(id);
    next.deliver(event("ack", { message_id: "m" }, { correlation_id: id }));
    await expect(waiting).resolves.toEqual({ message_id: "m" });
    expect(f.store.getSnapshot().messages).toHaveLength(1);
  });

  it("cn1_nothing_of_one_person_is_shown_to_another_or_sent_in_their_name", async () => {
    const f = await following({ messages: [prompt("p", null)], head: "p", read_to: "p" });
    const { h, store } = f;
    h.client.sessions().subscribe(() => {});
    h.client.models.subscribe(() => {});
    await f.answer("list_sessions", "sessions", { sessions: [summary()] });
    await f.answer("list_models", "models", { models: [model("a")], default: "a", simulated: false });
    h.socket().deliver(event("invited", { session_id: "ses_2", title: "", role: "viewer", by: ME }));
    h.socket().die(1006);
    const waiting = [store.chat("secret"), h.client.createSession()];
    const failures = waiting.map((one) => one.catch((error: MadangError) => error.code));
    h.client.reauthenticate();
    const next = await h.welcome({ user_id: OTHER_USER });
    expect(await Promise.all(failures)).toEqual(["CLOSED", "CLOSED"]);
    expect(next.sent().map((command) => command.type)).toEqual([
      "hello",
      "follow_session",
      "list_sessions",
      "list_models",
    ]);
    expect(next.last("follow_session").data).toEqual({ session_id: SESSION });
    expect(store.getSnapshot()).toMatchObject({ status: "loading", messages: [], pending: [], readTo: null });
    expect(h.client.sessions().getSnapshot()).toMatchObject({ status: "loading", sessions: [] });
    expect(h.client.invitations.getSnapshot()).toEqual([]);
    await f.refuse("follow_session", "NOT_FOUND");
    expect(store.getSnapshot().status).toBe("gone");
  });

  it("cn1_what_hello_resumed_for_the_former_one_does_not_count_for_the_new_one", async () => {
    const { h, store } = await following({ messages: [prompt("p", null)], head: "p" });
    h.client.reauthenticate();
    const resumed = event("resumed", { session_id: SESSION, from: 1, to: 1, recovered: true });
    const next = await h.welcome({ user_id: OTHER_USER }, resumed);
    expect(store.getSnapshot()).toMatchObject({ status: "loading", messages: [] });
    const head = { correlation_id: next.last("follow_session").id };
    next.deliver(event("session_state", sessionState({ seq: 4 }), head));
    await h.settle();
    expect(store.getSnapshot().status).toBe("live");
  });

  it("cn1_a_connection_that_is_rebound_to_another_person_starts_over_too", async () => {
    const { h, socket, store } = await following({ messages: [prompt("p", null)], head: "p" });
    const bound = h.client.send("auth", { token: "t" });
    const head = { correlation_id: socket.last("auth").id };
    socket.deliver(event("connected", connected({ user_id: OTHER_USER }), head));
    await h.settle();
    await expect(bound).resolves.toMatchObject({ user_id: OTHER_USER });
    expect(store.getSnapshot()).toMatchObject({ status: "loading", messages: [] });
    expect(socket.sent("follow_session")).toHaveLength(2);
  });

  it("cn1_a_reconnection_as_another_person_is_noticed_without_a_word", async () => {
    const { h, store } = await following({ messages: [prompt("p", null)], head: "p" });
    h.socket().die(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    await h.welcome({ user_id: OTHER_USER });
    expect(store.getSnapshot().messages).toEqual([]);
  });

  it("cn1_messages_are_kept_in_the_name_of_who_wrote_them", async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const h = harness({ keeper: keepIn(storage) });
    await h.start();
    void h.client.session(SESSION).chat("mine");
    expect([...kept.values()].join()).toContain("mine");
    await become(h, OTHER_USER);
    expect([...kept.values()].join()).not.toContain("mine");
    void h.client.session(SESSION).chat("theirs");
    expect(JSON.parse([...kept.values()].join())).toMatchObject({ user: OTHER_USER });
  });

  it("cn1_reauthenticate_does_nothing_before_connect_and_connects_after_an_end", async () => {
    const h = harness();
    h.client.reauthenticate();
    await h.settle();
    expect(h.sockets).toEqual([]);
    await h.start();
    h.socket().die(4401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(h.sockets).toHaveLength(1);
    h.client.reauthenticate();
    await h.welcome();
    expect(h.client.connection.getSnapshot().status).toBe("connected");
  });
});

describe("being signed out", () => {
  it("se4_a_login_that_ended_is_told_from_a_credential_that_never_held", async () => {
    const h = harness();
    h.client.connect();
    await h.settle();
    h.socket().accept();
    h.socket().die(4401);
    expect(h.client.connection.getSnapshot()).toMatchObject({ status: "closed", key: "credential_refused" });
    h.client.connect();
    await h.welcome();
    h.socket().die(4401, "ended");
    expect(h.client.connection.getSnapshot()).toMatchObject({
      status: "closed",
      key: "signed_out",
      reason: "ended",
    });
    h.client.reauthenticate();
    await h.settle();
    h.socket().accept();
    h.socket().die(4401);
    expect(h.client.connection.getSnapshot()).toMatchObject({ status: "closed", key: "credential_refused" });
  });

  it("se4_a_login_that_ended_while_one_was_away_counts_as_ended", async () => {
    const h = harness();
    await h.start();
    h.socket().die(1006);
    await vi.advanceTimersByTimeAsync(1_000);
    h.socket().accept();
    h.socket().die(4401);
    expect(h.client.connection.getSnapshot()).toMatchObject({ status: "closed", key: "signed_out" });
  });
});
