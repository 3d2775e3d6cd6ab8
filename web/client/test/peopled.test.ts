import { describe, expect, it, vi } from "vitest";
import { chance } from "./support/chance.js";
import { event, ME, SESSION } from "./support/fixtures.js";
import { type FakeSocket, harness, onFakeTime } from "./support/harness.js";
import { PeopledServer } from "./support/peopled.js";

onFakeTime();

/** Steps of one storm. */
const STEPS = 250;

/** Reactions without the emptiness that only tells how they came to be empty. */
const plain = (messages: readonly object[]) =>
  messages.map((message) => {
    const { reactions, ...rest } = message as { reactions?: readonly unknown[] };
    return reactions === undefined || reactions.length === 0 ? rest : { ...rest, reactions };
  });

async function storm(seed: number) {
  const random = chance(seed);
  const server = new PeopledServer(random);
  const h = harness({ settings: { pingAfterMs: 1e9, answerMs: 1e9 } });
  await h.start();
  const store = h.client.session(SESSION);
  store.follow();
  /** Commands of this socket that the server has read. */
  let read = 0;
  const commands = (socket: FakeSocket) => {
    const fresh = socket.sent().slice(read);
    read += fresh.length;
    return fresh.filter((command) => !["hello", "ping"].includes(command.type));
  };
  const serve = (socket: FakeSocket, deaf: boolean) => {
    for (const command of commands(socket)) {
      const told =
        command.type === "follow_session"
          ? [event("session_state", server.state(), { correlation_id: command.id, session_id: SESSION })]
          : server.answer(command);
      if (!deaf) socket.deliver(...told);
    }
  };
  const comeBack = async () => {
    serve(h.socket(), random() < 0.5);
    for (let n = Math.floor(random() * 6); n > 0; n -= 1) server.act();
    const before = h.sockets.length;
    h.socket().die(1006);
    while (h.sockets.length === before) await vi.advanceTimersByTimeAsync(100);
    await h.settle();
    h.socket().accept();
    read = 0;
    const point = h.socket().last("hello").data.resume?.sessions?.[SESSION];
    await h.welcome({}, ...(point === undefined ? [] : server.resume(point.seq)));
    await vi.advanceTimersByTimeAsync(20);
    if (point !== undefined) {
      expect(Object.fromEntries(store.getSnapshot().presence)).toEqual(Object.fromEntries(server.present));
    }
  };
  serve(h.socket(), false);
  await h.settle();
  for (let step = 0; step < STEPS; step += 1) {
    const message = server.messages[Math.floor(random() * server.messages.length)]?.message_id;
    const what = random();
    if (what < 0.05) await comeBack();
    else if (what < 0.6) h.socket().deliver(server.act());
    else if (what < 0.8 && message !== undefined)
      store.react(message, random() < 0.5 ? "👍" : "🎉", random() < 0.5).catch(() => {});
    else if (what < 0.85) store.markRead(message);
    else if (what < 0.9) store.setTyping(random() < 0.5);
    else serve(h.socket(), false);
    if (random() < 0.3) await vi.advanceTimersByTimeAsync(Math.floor(random() * 500));
  }
  for (let n = 0; n < 5; n += 1) {
    serve(h.socket(), false);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  return { h, server, store };
}

describe("many people at once", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => [seed]))(
    "dc5_the_mirror_is_the_servers_state_after_any_storm: seed %i",
    async (seed) => {
      const { h, server, store } = await storm(seed);
      const shown = store.getSnapshot();
      expect(shown.status).toBe("live");
      expect(shown.participants).toEqual([...server.people.values()]);
      expect(shown.invitations).toEqual([...server.invited.values()]);
      expect(Object.fromEntries(shown.presence)).toEqual(Object.fromEntries(server.present));
      expect(plain(shown.messages)).toEqual(plain(server.messages));
      expect([shown.budget, shown.readTo]).toEqual([server.budget, server.readTo]);
      const typing = [...server.present.values()].filter((one) => one.typing && one.user_id !== ME.user_id);
      expect([...shown.typing].sort()).toEqual(typing.map((one) => one.user_id).sort());
      expect(h.errors).toEqual([]);
      expect([h.client.stats.garbage, h.client.waitingCommands]).toEqual([0, 0]);
    },
  );
});
