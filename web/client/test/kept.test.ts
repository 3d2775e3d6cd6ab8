import { describe, expect, it, vi } from "vitest";
import { keepIn, type OutboxStorage } from "../src/index.js";
import { event, SESSION } from "./support/fixtures.js";
import { harness, onFakeTime } from "./support/harness.js";
import { memory } from "./support/memory.js";

onFakeTime();

/** A page that wrote while offline, and was closed. */
async function earlierPage(storage: OutboxStorage) {
  const h = harness({ keeper: keepIn(storage) });
  await h.start();
  h.socket().die(1006);
  const store = h.client.session(SESSION);
  store.askClaude("written offline").catch(() => {});
  const [pending] = store.getSnapshot().pending;
  return pending?.id ?? "";
}

describe("messages over a reload", () => {
  it("cm2_are_sent_by_the_next_page_with_the_same_id", async () => {
    const storage = memory();
    const id = await earlierPage(storage);
    const h = harness({ keeper: keepIn(storage) });
    const socket = await h.start();
    const sent = socket.last("claude_message");
    expect([sent.id, sent.data.content]).toEqual([id, "written offline"]);
    expect(h.client.session(SESSION).getSnapshot().pending).toMatchObject([{ id, state: "sending" }]);
    socket.deliver(event("ack", { message_id: "m" }, { correlation_id: id }));
    await h.settle();
    expect(h.client.session(SESSION).getSnapshot().pending).toEqual([]);
    expect(storage.items.size).toBe(0);
  });

  it("tu6_name_the_same_people_as_before", async () => {
    const storage = memory();
    const first = harness({ keeper: keepIn(storage) });
    await first.start();
    first.socket().die(1006);
    void first.client.session(SESSION).chat("@Jun", { mentions: ["usr_jun"] });
    const socket = await harness({ keeper: keepIn(storage) }).start();
    expect(socket.last("chat_message").data).toMatchObject({ mentions: ["usr_jun"] });
    storage.setItem("madang.pending", storage.items.get("madang.pending")?.replace('["usr_jun"]', "7") ?? "");
    const other = await harness({ keeper: keepIn(storage) }).start();
    expect(other.sent("chat_message")).toEqual([]);
  });

  it("cm2_of_another_person_are_not", async () => {
    const storage = memory();
    await earlierPage(storage);
    const h = harness({ keeper: keepIn(storage) });
    h.client.connect();
    const socket = await h.welcome({ user_id: "usr_other" });
    expect(socket.sent("claude_message")).toEqual([]);
  });

  it("cm3_that_failed_are_shown_as_failed_and_not_sent_by_themselves", async () => {
    const storage = memory();
    const first = harness({ keeper: keepIn(storage) });
    const socket = await first.start();
    first.client
      .session(SESSION)
      .askClaude("no")
      .catch(() => {});
    const head = { correlation_id: socket.last("claude_message").id };
    socket.deliver(event("error", { code: "QUEUE_FULL", message: "Full.", recoverable: true }, head));
    await first.settle();
    const next = harness({ keeper: keepIn(storage) });
    expect((await next.start()).sent("claude_message")).toEqual([]);
    expect(next.client.session(SESSION).getSnapshot().pending).toMatchObject([
      { content: "no", state: "failed", error: { name: "MadangError", code: "QUEUE_FULL" } },
    ]);
  });

  it.each([
    "nonsense",
    "null",
    "[]",
    '{"user":"usr_0190a6b2000070008000000000000001","sessions":[["x",[null,{"id":1}]]]}',
    '{"user":1}',
  ])("en2_what_is_no_use_is_left_alone_%s", async (text) => {
    const storage = memory();
    storage.setItem("madang.pending", text);
    const h = harness({ keeper: keepIn(storage) });
    expect((await h.start()).sent().map((command) => command.type)).toEqual(["hello"]);
  });

  it("cm2_a_storage_that_is_full_costs_nothing_but_the_keeping", async () => {
    const full = {
      ...memory(),
      setItem: vi.fn(() => {
        throw new Error("QuotaExceeded");
      }),
    };
    const h = harness({ keeper: keepIn(full) });
    const socket = await h.start();
    h.client
      .session(SESSION)
      .askClaude("hi")
      .catch(() => {});
    expect(socket.last("claude_message").data.content).toBe("hi");
    expect(h.errors).toEqual(["keeping messages: Error: QuotaExceeded"]);
  });
});
