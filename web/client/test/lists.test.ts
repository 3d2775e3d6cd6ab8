import { describe, expect, it } from "vitest";
import { event, model, OTHER, SESSION, summary } from "./support/fixtures.js";
import { type FakeSocket, harness, onFakeTime } from "./support/harness.js";

onFakeTime();

const titles = (store: { getSnapshot(): { readonly sessions: readonly { readonly title: string }[] } }) =>
  store.getSnapshot().sessions.map((line) => line.title);

function page(socket: FakeSocket, lines: Parameters<typeof summary>[0][], next?: string): void {
  const { id } = socket.last("list_sessions");
  const data = { sessions: lines.map((line) => summary(line)), ...(next === undefined ? {} : { next }) };
  socket.deliver(event("sessions", data, { correlation_id: id }));
}

describe("the list of sessions", () => {
  it("se1_is_loaded_when_someone_listens_and_paged", async () => {
    const h = harness();
    const socket = await h.start();
    const list = h.client.sessions();
    expect(socket.sent("list_sessions")).toEqual([]);
    list.subscribe(() => {});
    expect(list.getSnapshot().status).toBe("loading");
    page(socket, [{ session_id: SESSION, title: "b", last_activity: 2 }], "cursor");
    await h.settle();
    expect(list.getSnapshot()).toMatchObject({ status: "ready", hasMore: true });
    const more = list.loadMore();
    expect(socket.last("list_sessions").data).toEqual({ cursor: "cursor", limit: 50 });
    page(socket, [{ session_id: OTHER, title: "a", last_activity: 1 }]);
    await more;
    expect(titles(list)).toEqual(["b", "a"]);
    expect(list.getSnapshot()).toMatchObject({ hasMore: false, loadingMore: false });
  });

  it("se1_changes_reach_it_and_unchanged_lines_stay_the_same_object", async () => {
    const h = harness();
    const socket = await h.start();
    const list = h.client.sessions();
    list.subscribe(() => {});
    page(socket, [
      { session_id: SESSION, title: "one", last_activity: 5 },
      { session_id: OTHER, title: "two", last_activity: 4 },
    ]);
    await h.settle();
    const [one] = list.getSnapshot().sessions;
    socket.deliver(
      event("session_changed", { summary: summary({ session_id: OTHER, title: "two!", last_activity: 9 }) }),
    );
    socket.deliver(
      event("session_changed", {
        summary: summary({ session_id: "ses_new", title: "new", last_activity: 7 }),
      }),
    );
    expect(titles(list)).toEqual(["two!", "new", "one"]);
    expect(list.getSnapshot().sessions[2]).toBe(one);
    const before = list.getSnapshot();
    list.reload();
    page(socket, before.sessions as []);
    await h.settle();
    expect(list.getSnapshot().sessions.every((line, at) => line === before.sessions[at])).toBe(true);
    socket.deliver(event("session_changed", { summary: summary({ session_id: OTHER, status: "deleted" }) }));
    const by = { user_id: "u", display_name: "" };
    socket.deliver(event("session_deleted", { session_id: "ses_new", by }, { session_id: "ses_new" }));
    expect(titles(list)).toEqual(["one"]);
  });

  it("se1_a_search_holds_only_what_it_found", async () => {
    const h = harness();
    const socket = await h.start();
    const list = h.client.sessions("Tea");
    expect(h.client.sessions("Tea")).toBe(list);
    list.subscribe(() => {});
    expect(socket.last("list_sessions").data).toEqual({ query: "Tea", limit: 50 });
    page(socket, [{ title: "green tea" }]);
    await h.settle();
    socket.deliver(event("session_changed", { summary: summary({ session_id: OTHER, title: "coffee" }) }));
    expect(titles(list)).toEqual(["green tea"]);
    socket.deliver(event("session_changed", { summary: summary({ title: "green coffee" }) }));
    expect(titles(list)).toEqual([]);
  });

  it("se1_a_longer_list_stays_as_long_when_it_is_renewed", async () => {
    const h = harness();
    h.client.sessions().subscribe(() => {});
    const socket = await h.start();
    const lines = Array.from({ length: 80 }, (_, n) => ({ session_id: `ses_${n}`, last_activity: 100 - n }));
    page(socket, lines);
    await h.settle();
    const next = await h.reconnect();
    expect(next.last("list_sessions").data).toEqual({ limit: 80 });
  });

  it("se1_is_renewed_after_a_reconnection_and_asked_for_once", async () => {
    const h = harness();
    h.client.sessions().subscribe(() => {});
    await h.start();
    const next = await h.reconnect();
    expect(next.sent("list_sessions")).toHaveLength(1);
    page(next, [{ title: "here" }]);
    await h.settle();
    expect(titles(h.client.sessions())).toEqual(["here"]);
    const error = { code: "SERVICE_UNAVAILABLE", message: "x", recoverable: true } as const;
    const third = await h.reconnect();
    third.deliver(event("error", error, { correlation_id: third.last("list_sessions").id }));
    await h.settle();
    expect(h.client.sessions().getSnapshot()).toMatchObject({
      status: "ready",
      error: { code: "SERVICE_UNAVAILABLE" },
    });
  });
});

describe("the models", () => {
  it("se1_are_loaded_when_someone_listens", async () => {
    const h = harness();
    h.client.models.subscribe(() => {});
    const socket = await h.start();
    const list = { models: [model("a"), model("b")], default: "b", simulated: true };
    socket.deliver(event("models", list, { correlation_id: socket.last("list_models").id }));
    await h.settle();
    expect(h.client.models.getSnapshot()).toMatchObject({
      status: "ready",
      defaultModel: "b",
      simulated: true,
    });
    expect(h.client.models.getSnapshot().models.map((one) => one.id)).toEqual(["a", "b"]);
  });
});
