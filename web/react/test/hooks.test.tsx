import { act, cleanup, render, screen } from "@testing-library/react";
import { memo, Profiler, type ReactNode, useEffect } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  connected,
  created,
  delta,
  durable,
  event,
  final,
  model,
  OTHER,
  prompt,
  SESSION,
  sessionState,
  started,
  streaming,
  summary,
} from "../../client/test/support/fixtures.js";
import { harness, onFakeTime } from "../../client/test/support/harness.js";
import {
  MadangProvider,
  useClient,
  useConnection,
  useEvent,
  useMessages,
  useModels,
  usePending,
  useRunningReply,
  useSend,
  useServer,
  useSession,
  useSessionPart,
  useSessions,
} from "../src/index.js";
import { mount } from "./support.js";

onFakeTime();
afterEach(cleanup);

const snapshot = (change = {}) =>
  event("session_state", sessionState({ messages: [prompt("p", null, "hi")], head: "p", ...change }), {
    session_id: SESSION,
  });
const piece = (n: number, content: string) =>
  event("claude_response", delta("r", n, content), { session_id: SESSION });

function Line(): ReactNode {
  return `${useConnection().status} ${useServer()?.display_name}`;
}

function Lost(): ReactNode {
  useClient();
  return null;
}

function Page(): ReactNode {
  const session = useSession(SESSION);
  return `${useConnection().status} ${session.status} ${useMessages(SESSION).length} ${useRunningReply(SESSION)}`;
}

function Session({ id }: { readonly id: string }): ReactNode {
  const session = useSession(id);
  return `${session.status} ${session.messages.map((message) => message.content)}`;
}

const Messages = memo(
  (): ReactNode =>
    useMessages(SESSION)
      .map((message) => message.content)
      .join(),
);
const Title = memo((): ReactNode => useSessionPart(SESSION, (session) => session.summary?.title));
const Whole = memo((): ReactNode => useSession(SESSION).status);
const Reply = memo((): ReactNode => useRunningReply(SESSION)?.text);

const sends: ReturnType<typeof useSend>[] = [];

function Composer(): ReactNode {
  const send = useSend(SESSION);
  useEffect(() => {
    sends.push(send);
  }, [send]);
  return usePending(SESSION)
    .map(({ content, state }) => `${content} ${state}`)
    .join();
}

function Sessions({ query }: { readonly query: string }): ReactNode {
  const list = useSessions(query);
  return (
    <button type="button" onClick={list.loadMore}>
      {list.status}: {list.sessions.map((line) => line.title).join()}
    </button>
  );
}

function Models(): ReactNode {
  return useModels().models.map((one) => one.id);
}

function ignore(): void {}

const heard: string[] = [];

function Ear({ name }: { readonly name: string }): ReactNode {
  useEvent("pong", ({ server_time }) => heard.push(`${name} ${server_time}`));
  return null;
}

describe("connection and server", () => {
  it("cn6_useConnection_and_useServer_follow_what_happens", async () => {
    const { h, step, text } = await mount(<Line />);
    expect(text()).toBe("connected Minji");
    await step(() => h.socket().deliver(event("connected", connected({ display_name: "Juho" }))));
    expect(text()).toBe("connected Juho");
    await step(() => h.socket().die(4403));
    expect(text()).toBe("closed Juho");
  });

  it("hooks outside of a provider say so", () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    expect(() => render(<Lost />)).toThrow("There is no <MadangProvider> above this component.");
    vi.restoreAllMocks();
  });

  it("a provider can be kept from connecting", async () => {
    const h = harness();
    render(<MadangProvider client={h.client} connect={false} />);
    await h.settle();
    expect(h.sockets).toEqual([]);
  });

  it("everything renders on a server, where nothing is connected", () => {
    const h = harness();
    const html = renderToString(
      <MadangProvider client={h.client}>
        <Page />
      </MadangProvider>,
    );
    expect([html, h.sockets.length]).toEqual(["idle idle 0 null", 0]);
  });
});

describe("a session", () => {
  it("dc5_useSession_follows_while_mounted_and_lets_go_afterwards", async () => {
    const { h, step, text, unmount } = await mount(<Session id={SESSION} />);
    const socket = h.socket();
    expect([text(), socket.sent("follow_session").length]).toEqual(["loading ", 1]);
    await step(() => socket.deliver(snapshot()));
    expect(text()).toBe("live hi");
    unmount();
    await vi.advanceTimersByTimeAsync(30_000);
    expect([socket.sent("follow_session").length, socket.sent("unfollow_session").length]).toEqual([1, 1]);
  });

  it("dc5_another_session_is_followed_when_the_id_changes", async () => {
    const { h, step, rerender } = await mount(<Session id={SESSION} />);
    await step(() => rerender(<Session id={OTHER} />));
    const followed = h
      .socket()
      .sent("follow_session")
      .map((command) => command.data.session_id);
    expect(followed).toEqual([SESSION, OTHER]);
  });

  it("dc2_only_readers_of_the_running_reply_render_while_it_streams", async () => {
    const renders: Record<string, number> = {};
    const counted = (id: string) => {
      renders[id] = (renders[id] ?? 0) + 1;
    };
    const watched = (id: string, child: ReactNode) => (
      <Profiler id={id} onRender={counted}>
        {child}
      </Profiler>
    );
    const { h, step, text } = await mount(
      <>
        {watched("messages", <Messages />)}
        {watched("title", <Title />)}
        {watched("whole", <Whole />)}|{watched("reply", <Reply />)}
      </>,
    );
    await step(() =>
      h.socket().deliver(snapshot({ seq: 1 }), durable("turn_started", started(streaming("r", "p")), 2)),
    );
    const before = { ...renders };
    for (let n = 1; n <= 50; n += 1) {
      await step(() => h.socket().deliver(...[0, 1, 2, 3].map((k) => piece(n * 4 + k, "x"))));
    }
    expect(text().split("|")[1]).toBe("x".repeat(200));
    expect({ ...renders, reply: 0 }).toEqual({ ...before, reply: 0 });
    expect((renders["reply"] ?? 0) - (before["reply"] ?? 0)).toBeLessThanOrEqual(50);
    await step(() => h.socket().deliver(durable("claude_response", final("r", "x".repeat(200)), 3)));
    expect(text()).toBe(`hi,${"x".repeat(200)}A titlelive|`);
  });

  it("cm1_useSend_and_usePending_show_what_is_on_its_way", async () => {
    const { h, step, text } = await mount(<Composer />);
    await step(() => h.socket().deliver(snapshot({ seq: 1, messages: [], head: null })));
    await step(() => {
      void sends.at(-1)?.askClaude("one").catch(ignore);
      void sends.at(-1)?.chat("two").catch(ignore);
    });
    expect(text()).toBe("one sending,two sending");
    const socket = h.socket();
    await step(() =>
      socket.deliver(
        event("ack", { message_id: "m" }, { correlation_id: socket.last("claude_message").id }),
        durable("message_created", created(prompt("m", null, "one")), 2),
      ),
    );
    expect(text()).toBe("two sending");
    await step(() => socket.die(1006));
    expect(text()).toBe("two kept");
    expect(new Set(sends).size).toBeLessThanOrEqual(2);
    void sends.at(-1)?.cancel("m").catch(ignore);
    const next = await act(() => h.reconnect());
    expect(next.last("cancel").data).toEqual({ session_id: SESSION, message_id: "m" });
  });
});

describe("lists and events", () => {
  it("se1_useSessions_loads_searches_and_pages", async () => {
    const { h, step, text, rerender } = await mount(<Sessions query="" />);
    const answer = (title: string, next?: string) => {
      const { id } = h.socket().last("list_sessions");
      const page = { sessions: [summary({ title, session_id: `ses_${title}` })], ...(next ? { next } : {}) };
      h.socket().deliver(event("sessions", page, { correlation_id: id }));
    };
    expect(text()).toBe("loading: ");
    await step(() => answer("one", "more"));
    expect(text()).toBe("ready: one");
    await step(() => {
      screen.getByRole("button").click();
      answer("two");
    });
    expect(text()).toBe("ready: one,two");
    await step(() => rerender(<Sessions query="three" />));
    await step(() => answer("three"));
    expect(text()).toBe("ready: three");
  });

  it("se1_useModels_loads_once_for_all_who_ask", async () => {
    const { h, step, text } = await mount(
      <>
        <Models />
        <Models />
      </>,
    );
    const asked = h.socket().sent("list_models");
    const list = { models: [model("a")], default: "a", simulated: false };
    await step(() => h.socket().deliver(event("models", list, { correlation_id: asked[0]?.id ?? "" })));
    expect([text(), asked.length]).toEqual(["aa", 1]);
  });

  it("en2_useEvent_calls_the_newest_handler_and_stops_with_the_component", async () => {
    const { h, step, rerender, unmount } = await mount(<Ear name="a" />);
    const say = (server_time: number) => h.socket().deliver(event("pong", { server_time }));
    await step(() => say(1));
    await step(() => rerender(<Ear name="b" />));
    await step(() => say(2));
    unmount();
    say(3);
    expect(heard).toEqual(["a 1", "b 2"]);
  });
});
