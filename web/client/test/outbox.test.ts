import { describe, expect, it, vi } from "vitest";
import { DEFAULT_SETTINGS } from "../src/index.js";
import { CHAT_BURST, OUTBOX_MAX, RATE_LIMIT_TRIES } from "../src/limits.js";
import { event, model, SESSION } from "./support/fixtures.js";
import { harness, onFakeTime } from "./support/harness.js";

onFakeTime();

const ack = (id: string, messageId = "m") =>
  event("ack", { seq: 1, message_id: messageId }, { correlation_id: id });
const ask = (content: string) => ({ session_id: SESSION, content });

describe("answers", () => {
  it("cm1_each_command_gets_its_own_answer_in_whatever_order", async () => {
    const h = harness();
    const socket = await h.start();
    const answers = [h.client.send("create_session", {}), h.client.send("create_session", {})];
    const models = h.client.send("list_models", {});
    const [first, second] = socket.sent("create_session");
    const list = { models: [model("a")], default: "a", simulated: false };
    socket.deliver(
      event("models", list, { correlation_id: socket.last("list_models").id }),
      ack(second?.id ?? "", "two"),
      ack(first?.id ?? "", "one"),
      ack("cmd_unknown"),
    );
    expect((await Promise.all(answers)).map((answer) => answer.message_id)).toEqual(["one", "two"]);
    expect(await models).toEqual(list);
    expect(h.client.waitingCommands).toBe(0);
  });

  it("cm1_an_ack_does_not_answer_a_question", async () => {
    const h = harness();
    const socket = await h.start();
    const settled = vi.fn();
    h.client.send("list_models", {}).then(settled, settled);
    socket.deliver(ack(socket.last("list_models").id));
    await h.settle();
    expect(settled).not.toHaveBeenCalled();
  });

  it("cm3_an_error_rejects_with_its_code_and_what_to_do", async () => {
    const h = harness();
    const socket = await h.start();
    const refused = h.client.send("create_session", {});
    const error = {
      code: "SERVICE_UNAVAILABLE",
      message: "Full.",
      retry_after: 500,
      recoverable: true,
    } as const;
    socket.deliver(event("error", error, { correlation_id: socket.last("create_session").id }));
    await expect(refused).rejects.toMatchObject({
      name: "MadangError",
      code: "SERVICE_UNAVAILABLE",
      message: "Full.",
      retryAfter: 500,
      recoverable: true,
    });
  });

  it("cm1_a_command_without_an_answer_times_out_in_connected_time_alone", async () => {
    const h = harness();
    await h.start();
    const outcome = vi.fn();
    h.client.send("create_session", {}).catch((error) => outcome(error.code));
    h.socket().die(1006);
    await vi.advanceTimersByTimeAsync(DEFAULT_SETTINGS.openMs - 1);
    expect(outcome).not.toHaveBeenCalled();
    await h.welcome();
    for (let ms = 0; ms < DEFAULT_SETTINGS.answerMs; ms += 1000) {
      expect(outcome).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(outcome).toHaveBeenCalledWith("TIMEOUT");
    expect(h.client.waitingCommands).toBe(0);
  });

  it("cm1_a_signal_takes_a_command_back", async () => {
    const h = harness();
    const control = new AbortController();
    const taken = h.client.send("create_session", {}, { signal: control.signal });
    control.abort();
    await expect(taken).rejects.toMatchObject({ code: "ABORTED" });
    const late = h.client.send("create_session", {}, { signal: control.signal });
    await expect(late).rejects.toMatchObject({ code: "ABORTED" });
    await h.start();
    expect(h.socket().sent("create_session")).toEqual([]);
  });
});

describe("lost connections", () => {
  it("cm2_commands_without_an_answer_are_sent_again_with_the_same_id_and_text", async () => {
    const h = harness();
    const socket = await h.start();
    const answers = [
      h.client.send("claude_message", ask("one")),
      h.client.send("create_session", { title: "two" }),
    ];
    const before = socket.frames.slice(1);
    const next = await h.reconnect();
    expect(next.frames.slice(1)).toEqual(before);
    for (const command of next.sent().slice(1)) next.deliver(ack(command.id, command.type));
    expect((await Promise.all(answers)).map((answer) => answer.message_id)).toEqual([
      "claude_message",
      "create_session",
    ]);
    expect(h.client.stats.resent).toBe(2);
    expect((await h.reconnect()).frames).toHaveLength(1);
  });

  it("cm2_commands_of_an_offline_time_are_kept_in_order", async () => {
    const h = harness();
    await h.start();
    h.socket().die(1006);
    for (const content of ["a", "b", "c"]) void h.client.send("chat_message", ask(content)).catch(() => {});
    await vi.advanceTimersByTimeAsync(500);
    const next = await h.welcome();
    expect(next.sent("chat_message").map((command) => command.data.content)).toEqual(["a", "b", "c"]);
    expect(h.client.stats.resent).toBe(0);
  });

  it("cm2_a_command_that_is_not_to_be_repeated_fails_with_the_connection", async () => {
    const h = harness();
    await h.start();
    const once = h.client.send("ping", {}, { onLoss: "fail" });
    h.socket().die(1006);
    await expect(once).rejects.toMatchObject({ code: "CONNECTION_LOST", recoverable: true });
  });

  it("cn6_1009_fails_the_largest_command_and_repeats_the_others", async () => {
    const h = harness();
    await h.start();
    const small = vi.fn();
    h.client.send("chat_message", ask("small")).catch(small);
    const large = h.client.send("chat_message", ask("x".repeat(5000)));
    const last = vi.fn();
    h.client.send("chat_message", ask("last")).catch(last);
    large.catch(() => {});
    const next = await h.reconnect(1009);
    await expect(large).rejects.toMatchObject({ code: "TOO_BIG", recoverable: false });
    expect(next.sent("chat_message").map((command) => command.data.content)).toEqual(["small", "last"]);
    expect([small, last].map((spy) => spy.mock.calls.length)).toEqual([0, 0]);
  });

  it("cn6_1008_fails_one_command_each_time_so_that_it_ends", async () => {
    const h = harness();
    await h.start();
    const outcomes: string[] = [];
    for (const name of ["a", "b"])
      h.client.send("chat_message", ask(name)).catch((error) => outcomes.push(`${name} ${error.code}`));
    await h.reconnect(1008);
    expect(outcomes).toEqual(["a INVALID_DATA"]);
    await h.reconnect(1008);
    expect(outcomes).toEqual(["a INVALID_DATA", "b INVALID_DATA"]);
  });
});

describe("limits", () => {
  it("en5_what_the_server_would_not_take_is_not_sent", async () => {
    const h = harness();
    const socket = await h.start();
    const korean = h.client.send("chat_message", ask("가".repeat(90_000)));
    await expect(korean).rejects.toMatchObject({ code: "TOO_BIG" });
    expect(socket.sent("chat_message")).toEqual([]);
    void h.client.send("chat_message", ask("x".repeat(200_000))).catch(() => {});
    expect(socket.sent("chat_message")).toHaveLength(1);
  });

  it("cm2_the_outbox_is_bounded", async () => {
    const h = harness();
    for (let n = 0; n < OUTBOX_MAX; n += 1) h.client.send("create_session", {}).catch(() => {});
    await expect(h.client.send("create_session", {})).rejects.toMatchObject({
      code: "OUTBOX_FULL",
      recoverable: true,
    });
    expect(h.client.waitingCommands).toBe(OUTBOX_MAX);
    h.client.connect();
    h.client.close();
    await h.settle();
    expect(h.client.waitingCommands).toBe(0);
  });

  it("cm5_chat_is_paced_below_the_servers_rate_and_nothing_else_waits_for_it", async () => {
    const h = harness();
    const socket = await h.start();
    for (let n = 0; n < 20; n += 1) h.client.send("chat_message", ask(String(n))).catch(() => {});
    h.client.send("cancel", { session_id: SESSION }).catch(() => {});
    expect(socket.sent("chat_message")).toHaveLength(CHAT_BURST);
    expect(socket.sent("cancel")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(socket.sent("chat_message").length).toBeLessThanOrEqual(CHAT_BURST + 8);
    await vi.advanceTimersByTimeAsync(1000);
    expect(socket.sent("chat_message").map((command) => command.data.content)).toEqual(
      Array.from({ length: 20 }, (_, n) => String(n)),
    );
  });

  it("cm5_rate_limited_waits_as_asked_and_repeats_before_it_fails", async () => {
    const h = harness();
    const socket = await h.start();
    const outcome = vi.fn();
    h.client.send("create_session", {}).catch((error) => outcome(error.code));
    const refuse = () => {
      const data = { code: "RATE_LIMITED", message: "Slowly.", retry_after: 700, recoverable: true } as const;
      socket.deliver(event("error", data, { correlation_id: socket.last("create_session").id }));
    };
    for (let n = 1; n <= RATE_LIMIT_TRIES; n += 1) {
      refuse();
      await vi.advanceTimersByTimeAsync(699);
      expect(socket.sent("create_session")).toHaveLength(n);
      await vi.advanceTimersByTimeAsync(1);
      expect(socket.sent("create_session")).toHaveLength(n + 1);
    }
    refuse();
    await h.settle();
    expect(outcome).toHaveBeenCalledWith("RATE_LIMITED");
    expect(new Set(socket.sent("create_session").map((command) => command.id)).size).toBe(1);
  });
});
