import type { Participant, Presence } from "@madang/protocol";
import { describe, expect, it, vi } from "vitest";
import {
  created,
  durable,
  event,
  ME,
  participant,
  prompt,
  SESSION,
  sessionState,
  summary,
} from "./support/fixtures.js";
import { following } from "./support/following.js";
import { harness, onFakeTime } from "./support/harness.js";

onFakeTime();

const JUN = { user_id: "usr_jun", display_name: "Jun" };
const jun = (change: Partial<Participant> = {}) => participant({ ...JUN, role: "viewer", ...change });
const here = (user_id: string, change: Partial<Presence> = {}): Presence => ({
  user_id,
  state: "here",
  devices: 1,
  typing: false,
  ...change,
});
const invitation = { ...JUN, role: "viewer", by: ME, at: 5 } as const;

describe("who belongs to a session", () => {
  it("se3_members_come_change_and_go_with_the_log", async () => {
    const { store, say } = await following({ invitations: [invitation] });
    const names = () => store.getSnapshot().participants.map((one) => `${one.display_name} ${one.role}`);
    expect(store.getSnapshot().invitations).toEqual([invitation]);
    await say("member_added", { participant: jun(), by: ME }, 2);
    expect([names(), store.getSnapshot().invitations]).toEqual([["Minji owner", "Jun viewer"], []]);
    await say("member_changed", { participant: jun({ display_name: "준", color: "red" }) }, 3);
    await say("role_changed", { user_id: "usr_jun", role: "collaborator", rights: ["stop"], by: ME }, 4);
    expect(store.getSnapshot().participants[1]).toEqual(
      jun({ display_name: "준", color: "red", role: "collaborator", rights: ["stop"] }),
    );
    await say("member_removed", { user_id: "usr_jun", by: ME }, 5);
    expect(names()).toEqual(["Minji owner"]);
  });

  it("se3_who_is_asked_in_is_shown_until_they_come_or_are_not_any_more", async () => {
    const { store, say } = await following();
    await say("user_invited", { invitation }, 2);
    await say("user_invited", { invitation: { ...invitation, role: "collaborator" } }, 3);
    expect(store.getSnapshot().invitations.map((one) => one.role)).toEqual(["collaborator"]);
    await say("invitation_withdrawn", { user_id: "usr_jun", by: ME }, 4);
    expect(store.getSnapshot().invitations).toEqual([]);
  });

  it("se4_the_removed_one_sees_by_whom_and_asks_for_nothing_more", async () => {
    const { h, store, say } = await following({ messages: [prompt("p", null)], head: "p" });
    h.client.sessions().subscribe(() => {});
    const lines = { sessions: [summary()] };
    h.socket().deliver(event("sessions", lines, { correlation_id: h.socket().last("list_sessions").id }));
    await h.settle();
    await say("removed", { by: JUN });
    expect(store.getSnapshot()).toMatchObject({ status: "removed", removedBy: JUN, messages: [{}] });
    expect(h.client.sessions().getSnapshot().sessions).toEqual([]);
    await say("message_created", created(prompt("q", "p")), 2);
    expect(store.getSnapshot().messages).toHaveLength(1);
    const next = await h.reconnect();
    expect(next.last("hello").data).toEqual({ client: expect.anything() });
    expect(next.sent("follow_session")).toEqual([]);
    expect(store.getSnapshot().status).toBe("removed");
  });

  it("se4_removed_before_it_was_loaded_counts_too", async () => {
    const h = harness();
    const socket = await h.start();
    const store = h.client.session(SESSION);
    store.follow();
    socket.deliver(event("removed", { session_id: SESSION, by: JUN }, { session_id: SESSION }));
    await h.settle();
    expect(store.getSnapshot().status).toBe("removed");
  });

  it("se7_let_in_again_it_is_here_again", async () => {
    const { h, store, say } = await following();
    await say("removed", { by: JUN });
    await say("session_changed", { summary: summary({ role: "viewer" }) });
    const head = { correlation_id: h.socket().last("follow_session").id };
    h.socket().deliver(event("session_state", sessionState({ seq: 9 }), head));
    await h.settle();
    expect(store.getSnapshot()).toMatchObject({ status: "live", removedBy: null });
  });

  it("se6_a_deleted_session_is_not_asked_for_because_its_line_says_so", async () => {
    const { socket, store, say } = await following();
    await say("session_deleted", { by: ME }, 2);
    await say("session_changed", { summary: summary({ status: "deleted" }) });
    expect(store.getSnapshot().status).toBe("gone");
    expect(socket.sent("follow_session")).toHaveLength(1);
  });
});

describe("who is here", () => {
  const present = (store: Awaited<ReturnType<typeof following>>["store"]) =>
    [...store.getSnapshot().presence.values()].map((one) => `${one.user_id} ${one.state} ${one.devices}`);

  it("rs4_people_come_go_away_and_leave", async () => {
    const { store, say } = await following({ presence: [here(ME.user_id)] });
    const { color, role, joined_at, ...who } = jun();
    await say("participant_joined", { ...who, color, role, joined_at });
    await say("participant_joined", { ...who, user_id: "claude", color, role, joined_at });
    expect(present(store)).toEqual([`${ME.user_id} here 1`, "usr_jun here 1"]);
    await say("presence_changed", { presence: here("usr_jun", { devices: 2 }) });
    await say("participant_joined", { ...who, color, role, joined_at });
    expect(present(store)[1]).toBe("usr_jun here 2");
    await say("presence_changed", { presence: here("usr_jun", { state: "away", devices: 0 }) });
    expect(present(store)[1]).toBe("usr_jun away 0");
    const before = store.getSnapshot().presence;
    await say("participant_left", { user_id: "usr_nobody" });
    expect(store.getSnapshot().presence).toBe(before);
    await say("participant_left", { user_id: "usr_jun" });
    expect(present(store)).toEqual([`${ME.user_id} here 1`]);
  });

  it("rs4_typing_is_shown_until_the_server_says_that_it_ended_and_not_ones_own", async () => {
    const { store, say } = await following({ presence: [here(ME.user_id), here("usr_a"), here("usr_b")] });
    await say("presence_changed", { presence: here("usr_b", { typing: true }) });
    await say("presence_changed", { presence: here(ME.user_id, { typing: true }) });
    await say("presence_changed", { presence: here("usr_a", { typing: true }) });
    const typing = store.getSnapshot().typing;
    expect(typing).toEqual(["usr_b", "usr_a"]);
    await say("presence_changed", { presence: here("usr_b", { typing: true, devices: 2 }) });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.getSnapshot().typing).toBe(typing);
    await say("presence_changed", { presence: here("usr_b") });
    await say("participant_left", { user_id: "usr_a" });
    expect(store.getSnapshot().typing).toEqual([]);
  });

  it("rs4_typing_that_is_over_and_typing_that_is_lost_is_not_shown", async () => {
    const { h, store, say } = await following({ presence: [here("usr_a", { typing: true })] });
    expect(store.getSnapshot().typing).toEqual(["usr_a"]);
    await say("presence_changed", { presence: here("usr_a") });
    expect(store.getSnapshot().typing).toEqual([]);
    await say("presence_changed", { presence: here("usr_a", { typing: true }) });
    await say("member_removed", { user_id: "usr_a", by: ME }, 2);
    expect(store.getSnapshot()).toMatchObject({ typing: [] });
    expect(store.getSnapshot().presence.size).toBe(0);
    await say("presence_changed", { presence: here("usr_b", { typing: true }) });
    h.socket().die(1006);
    expect(store.getSnapshot().typing).toEqual([]);
    expect(store.getSnapshot().presence.get("usr_b")).toEqual(here("usr_b"));
  });
});

describe("coming back", () => {
  it("rs4_who_is_here_starts_over_after_an_exact_replay", async () => {
    const { h, store } = await following({ presence: [here(ME.user_id), here("usr_gone"), here("usr_a")] });
    const head = { session_id: SESSION };
    const present = [here(ME.user_id), here("usr_a", { typing: true })];
    await h.reconnect(
      1006,
      event("resumed", { session_id: SESSION, from: 1, to: 2, recovered: true }, head),
      durable("member_removed", { session_id: SESSION, user_id: "usr_gone", by: ME }, 2),
      ...present.map((presence) => event("presence_changed", { session_id: SESSION, presence }, head)),
    );
    expect([...store.getSnapshot().presence.values()]).toEqual(present);
    expect(store.getSnapshot()).toMatchObject({ status: "live", typing: ["usr_a"] });
  });
});

describe("leaving", () => {
  it("rs4_ends_presence_at_once_whoever_reads_and_reading_again_begins_anew", async () => {
    const { h, socket, store } = await following({ messages: [prompt("p", null)], head: "p" });
    store.leavePresence();
    store.leavePresence();
    expect(socket.sent("unfollow_session")).toHaveLength(1);
    expect(store.getSnapshot()).toMatchObject({ status: "idle", messages: [{}] });
    const next = await h.reconnect();
    expect(next.last("hello").data).toEqual({ client: expect.anything() });
    const release = store.follow();
    expect(next.sent("follow_session")).toHaveLength(1);
    store.leavePresence();
    release();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(next.sent("unfollow_session")).toHaveLength(1);
  });
});

describe("saying that one types", () => {
  it("rs4_says_it_at_most_every_3_s_and_takes_it_back_once", async () => {
    const { socket, store } = await following();
    const said = () => socket.sent("set_typing").map(({ data }) => data.typing);
    store.setTyping(false);
    for (let key = 0; key < 30; key += 1) {
      store.setTyping(true);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(said()).toEqual([true, true]);
    store.setTyping(false);
    store.setTyping(false);
    store.setTyping(true);
    expect(said()).toEqual([true, true, false, true]);
    void store.chat("hi");
    expect(said()).toEqual([true, true, false, true, false]);
  });

  it("rs4_says_nothing_while_offline_and_keeps_nothing", async () => {
    const { h, store } = await following();
    store.setTyping(true);
    h.socket().die(1006);
    store.setTyping(true);
    const next = await h.reconnect();
    expect(next.sent("set_typing")).toEqual([]);
    store.setTyping(true);
    expect(next.sent("set_typing")).toHaveLength(1);
  });
});

describe("being asked in", () => {
  const offer = (change = {}) => ({
    session_id: SESSION,
    title: "Tea",
    role: "viewer" as const,
    by: ME,
    ...change,
  });

  it("se7_an_invitation_is_offered_until_one_enters", async () => {
    const h = harness();
    const socket = await h.start();
    const offered = () => h.client.invitations.getSnapshot().map((one) => `${one.session_id} ${one.role}`);
    socket.deliver(event("invited", offer()), event("invited", offer({ session_id: "ses_2" })));
    socket.deliver(event("invited", offer({ role: "collaborator" })));
    expect(offered()).toEqual([`${SESSION} collaborator`, "ses_2 viewer"]);
    h.client.dismissInvitation("ses_2");
    const entered = h.client.join(SESSION);
    expect(socket.last("join_collaboration").data).toEqual({ session_id: SESSION });
    const head = { correlation_id: socket.last("join_collaboration").id };
    socket.deliver(
      event("session_changed", { summary: summary() }),
      event("session_state", sessionState(), head),
    );
    expect(await entered).toBe(SESSION);
    expect(offered()).toEqual([]);
  });

  it("se5_a_code_is_taken_for_an_id_and_the_session_let_go_if_nobody_looks", async () => {
    const h = harness({ settings: { lingerMs: 1_000 } });
    const socket = await h.start();
    const entered = h.client.join("inv-code");
    const head = { correlation_id: socket.last("join_collaboration").id };
    socket.deliver(event("session_state", sessionState(), head));
    expect(await entered).toBe(SESSION);
    expect(h.client.session(SESSION).followed).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(socket.last("unfollow_session").data).toEqual({ session_id: SESSION });
  });

  it("se7_an_invitation_that_holds_no_more_goes_when_it_is_tried", async () => {
    const h = harness();
    const socket = await h.start();
    socket.deliver(event("invited", offer()));
    const entered = h.client.join(SESSION);
    const head = { correlation_id: socket.last("join_collaboration").id };
    socket.deliver(event("error", { code: "NOT_FOUND", message: "x", recoverable: false }, head));
    await expect(entered).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(h.client.invitations.getSnapshot()).toEqual([]);
  });

  it("se7_the_page_of_a_forbidden_session_comes_to_life_on_entering", async () => {
    const h = harness();
    const socket = await h.start();
    const store = h.client.session(SESSION);
    store.follow();
    const refused = { correlation_id: socket.last("follow_session").id };
    socket.deliver(event("error", { code: "NOT_FOUND", message: "x", recoverable: false }, refused));
    await h.settle();
    expect(store.getSnapshot().status).toBe("gone");
    const entered = h.client.join(SESSION);
    const head = { correlation_id: socket.last("join_collaboration").id };
    socket.deliver(event("session_state", sessionState(), head));
    await entered;
    expect(store.getSnapshot()).toMatchObject({ status: "live", error: null });
    expect(socket.sent("follow_session")).toHaveLength(1);
  });
});
