import { describe, expect, it, vi } from "vitest";
import { event, prompt, SESSION, sessionState } from "./support/fixtures.js";
import { harness, onFakeTime } from "./support/harness.js";

onFakeTime();

describe("a long life", () => {
  it("cn7_a_thousand_reconnections_leave_nothing_behind", async () => {
    const h = harness();
    const socket = await h.start();
    const store = h.client.session(SESSION);
    store.follow();
    h.client.sessions().subscribe(() => {});
    h.client.models.subscribe(() => {});
    const state = event("session_state", sessionState({ messages: [prompt("p", null)], head: "p" }));
    socket.deliver(state);
    const measure = () => ({
      timers: vi.getTimerCount(),
      surroundings: h.surroundings.listeners.size,
      waiting: h.client.waitingCommands,
      messages: store.getSnapshot().messages.length,
    });
    await h.reconnect(1006, state);
    const after = measure();
    for (let n = 0; n < 1000; n += 1) await h.reconnect(n % 3 === 0 ? 4200 : 1006, state);
    expect(measure()).toEqual(after);
    expect(h.client.stats.connections).toBe(1002);
    const listening = h.sockets.slice(0, -1).filter((old) => old.onmessage ?? old.onclose ?? old.onopen);
    expect(listening).toEqual([]);
  });
});
