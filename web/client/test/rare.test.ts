import type { SearchHit } from "@madang/protocol";
import { describe, expect, it, vi } from "vitest";
import { DEFAULT_SETTINGS } from "../src/index.js";
import { grantable, InvitesStore, may, peopleOf, SearchStore, snippetOf } from "../src/people.js";
import { event, ME, SESSION } from "./support/fixtures.js";
import { type Harness, harness, onFakeTime } from "./support/harness.js";

onFakeTime();

async function started() {
  const h = harness();
  const socket = await h.start();
  return { h, socket, people: peopleOf(h.client, SESSION) };
}

const on = (more: object = {}) => ({ session_id: SESSION, ...more });

const COMMANDS: readonly [string, (people: ReturnType<typeof peopleOf>) => Promise<unknown>, object][] = [
  ["leave_session", (people) => people.leave(), on()],
  ["invite_user", (people) => people.invite("jun", "viewer"), on({ target_user_id: "jun", role: "viewer" })],
  ["remove_user", (people) => people.remove("jun"), on({ target_user_id: "jun" })],
  [
    "set_role",
    (people) => people.setRole("jun", "collaborator", ["stop"]),
    on({ target_user_id: "jun", role: "collaborator", rights: ["stop"] }),
  ],
  ["transfer_ownership", (people) => people.transfer("jun"), on({ target_user_id: "jun" })],
  ["create_invite", (people) => people.createInvite("viewer"), on({ role: "viewer" })],
  [
    "create_invite",
    (people) => people.createInvite("viewer", { expiresInMs: 5, uses: 2 }),
    on({ role: "viewer", expires_in_ms: 5, uses: 2 }),
  ],
  ["list_invites", (people) => people.listInvites(), on()],
  ["revoke_invite", (people) => people.revokeInvite("inv_1"), on({ invite_id: "inv_1" })],
  ["set_budget", (people) => people.setBudget(null), on({ budget: null })],
  ["get_revisions", (people) => people.revisions("msg_1"), on({ message_id: "msg_1" })],
  ["summarize", (people) => people.summarize(), on()],
  ["summarize", (people) => people.summarize("msg_1"), on({ since: "msg_1" })],
];

describe("what is rarely done", () => {
  it.each(COMMANDS)("se1_%s_says_what_is_meant", async (type, call, data) => {
    const { socket, people } = await started();
    call(people).catch(() => {});
    expect(socket.sent().at(-1)).toMatchObject({ type, data });
    expect(Object.keys(socket.sent().at(-1)?.data ?? {})).toEqual(Object.keys(data));
  });

  it("cm1_questions_are_answered_by_their_own_event", async () => {
    const { socket, people } = await started();
    const revision = { content: "a", at: 1 };
    const revisions = people.revisions("msg_1");
    const head = (type: "get_revisions" | "summarize") => ({ correlation_id: socket.last(type).id });
    socket.deliver(event("ack", {}, head("get_revisions")));
    const answer = { session_id: SESSION, message_id: "msg_1", revisions: [revision] };
    socket.deliver(event("revisions", answer, head("get_revisions")));
    expect(await revisions).toEqual([revision]);
    const summary = people.summarize();
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.answerMs);
    const told = { session_id: SESSION, from: "a", to: "b", content: "Tea.", simulated: true };
    socket.deliver(event("summary", told, head("summarize")));
    expect(await summary).toEqual(told);
  });
});

describe("rights", () => {
  it.each([
    ["owner", [], ["prompt", "chat", "stop", "approve", "invite"]],
    ["collaborator", [], ["prompt", "chat"]],
    ["collaborator", ["stop"], ["prompt", "chat", "stop"]],
    ["viewer", [], []],
    ["viewer", ["chat"], ["chat"]],
  ] as const)("se7_%s with %j", (role, rights, expected) => {
    const all = ["prompt", "chat", "stop", "approve", "invite"] as const;
    expect(all.filter((right) => may({ role, rights: [...rights] }, right))).toEqual(expected);
    expect(may(undefined, "chat")).toBe(false);
    expect(grantable(role).some((right) => may({ role }, right))).toBe(false);
  });
});

const hit = (message_id: string, snippet = ""): SearchHit => ({
  session_id: SESSION,
  title: "Tea",
  message_id,
  author: ME,
  created_at: 1,
  snippet,
});

describe("search", () => {
  const give = async (h: Harness, ids: string[], next?: string, nth = -1) => {
    const { id } = h.socket().sent("search").at(nth) ?? { id: "" };
    const data = { hits: ids.map((one) => hit(one)), ...(next === undefined ? {} : { next }) };
    h.socket().deliver(event("search_results", data, { correlation_id: id }));
    await h.settle();
  };
  const found = (store: SearchStore) => store.getSnapshot().hits.map((one) => one.message_id);

  it("se9_looks_when_one_has_stopped_typing_and_pages", async () => {
    const { h, socket } = await started();
    const store = new SearchStore(h.client, SESSION);
    for (const query of ["t", "te", " tea "]) {
      store.find(query);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(store.getSnapshot()).toMatchObject({ status: "loading", query: "tea" });
    await vi.advanceTimersByTimeAsync(50);
    expect(socket.sent("search").map(({ data }) => data)).toEqual([
      { query: "tea", limit: 30, session_id: SESSION },
    ]);
    await give(h, ["a"], "more");
    expect(store.getSnapshot()).toMatchObject({ status: "ready", hasMore: true });
    store.find("tea");
    store.loadMore();
    store.loadMore();
    expect(socket.sent("search")).toHaveLength(2);
    expect(socket.last("search").data).toMatchObject({ cursor: "more" });
    await give(h, ["b"]);
    expect([found(store), store.getSnapshot().hasMore]).toEqual([["a", "b"], false]);
    store.loadMore();
    expect(socket.sent("search")).toHaveLength(2);
  });

  it("se9_the_answer_to_older_words_does_not_count", async () => {
    const { h } = await started();
    const store = new SearchStore(h.client);
    store.find("a");
    await vi.advanceTimersByTimeAsync(150);
    store.find("b");
    await vi.advanceTimersByTimeAsync(150);
    await give(h, ["of b"]);
    await give(h, ["of a"], undefined, 0);
    expect(found(store)).toEqual(["of b"]);
    store.find("");
    expect(store.getSnapshot()).toMatchObject({ status: "idle", hits: [] });
  });

  it("se9_a_failure_is_told_and_the_same_words_can_be_tried_again", async () => {
    const { h, socket } = await started();
    const store = new SearchStore(h.client);
    const fail = async () => {
      await vi.advanceTimersByTimeAsync(150);
      const error = { code: "SERVICE_UNAVAILABLE", message: "x", recoverable: true } as const;
      socket.deliver(event("error", error, { correlation_id: socket.last("search").id }));
      await h.settle();
    };
    store.find("a");
    await fail();
    expect(store.getSnapshot()).toMatchObject({ status: "failed", error: { code: "SERVICE_UNAVAILABLE" } });
    store.find("a");
    await vi.advanceTimersByTimeAsync(150);
    await give(h, ["x"]);
    expect(store.getSnapshot()).toMatchObject({ status: "ready", error: null });
  });

  it("se9_a_snippet_is_pieces_of_text", () => {
    expect(snippetOf(hit("a", "green \uE000tea\uE001 <b>\uE000te\uE001"))).toEqual([
      { text: "green ", matched: false },
      { text: "tea", matched: true },
      { text: " <b>", matched: false },
      { text: "te", matched: true },
    ]);
    expect(snippetOf(hit("a", "\uE000open"))).toEqual([{ text: "open", matched: true }]);
    expect(snippetOf(hit("a"))).toEqual([]);
  });
});

describe("links", () => {
  const link = (invite_id: string) => ({
    invite_id,
    role: "viewer" as const,
    by: ME.user_id,
    created_at: 1,
    expires_at: 2,
    uses_left: 1,
  });

  it("se5_are_loaded_when_someone_listens_made_and_ended", async () => {
    const { h, socket } = await started();
    const store = new InvitesStore(h.client, SESSION);
    const ids = () => store.getSnapshot().invites.map((one) => one.invite_id);
    store.subscribe(() => {});
    store.subscribe(() => {});
    expect(store.getSnapshot().status).toBe("loading");
    expect(socket.sent("list_invites")).toHaveLength(1);
    const head = (type: "list_invites" | "create_invite" | "revoke_invite") => ({
      correlation_id: socket.last(type).id,
    });
    socket.deliver(event("invites", { session_id: SESSION, invites: [link("a")] }, head("list_invites")));
    await h.settle();
    const made = store.create("viewer", { uses: 1 });
    const created = { session_id: SESSION, invite: link("b"), code: "secret" };
    socket.deliver(event("invite_created", created, head("create_invite")));
    expect((await made).code).toBe("secret");
    expect(ids()).toEqual(["b", "a"]);
    const ended = store.revoke("a");
    expect(ids()).toEqual(["b", "a"]);
    socket.deliver(event("ack", {}, head("revoke_invite")));
    await ended;
    expect(ids()).toEqual(["b"]);
  });

  it("se5_that_could_not_be_had_are_told_and_can_be_asked_for_again", async () => {
    const { h, socket } = await started();
    const store = new InvitesStore(h.client, SESSION);
    store.subscribe(() => {});
    const error = { code: "FORBIDDEN", message: "x", recoverable: false } as const;
    socket.deliver(event("error", error, { correlation_id: socket.last("list_invites").id }));
    await h.settle();
    expect(store.getSnapshot()).toMatchObject({ status: "failed", error: { code: "FORBIDDEN" } });
    void store.reload();
    expect(store.getSnapshot().status).toBe("loading");
  });
});
