/** A backend of invented sessions, with the wire's own types. */
import type { Invited, Message } from "@madang/protocol";
import { useSyncExternalStore } from "react";
import type { Actions, Backend, Connection, Running, SessionView } from "../src/session/types.js";
import { PALETTE } from "../src/ui/tone.js";
import { answersOf } from "./actions.js";
import { fixtureHttp } from "./http.js";
import { answer, JUN, ME, MINUTE, model, NOW, say, summary, view } from "./make.js";
import { SESSIONS, TITLES } from "./sessions.js";
import { teamView } from "./team.js";
import { RICH, SHELL } from "./texts.js";

/** A reply that grows: `speed` characters every 40 ms. */
class Stream {
  readonly prompt = say(ME, "Tell me everything.", NOW - MINUTE);
  readonly reply: Message = {
    ...answer("", NOW),
    content: "",
    reply: { status: "streaming", parts: [], model: "claude-opus-5-1", simulated: false },
  };
  running: Running | undefined = { messageId: this.reply.message_id, parts: [] };
  session: SessionView;
  readonly #listeners = new Set<() => void>();

  constructor(text: string, speed: number, queued: boolean) {
    const waiting = say(ME, "And then do it again, but shorter, please.", NOW);
    this.session = view([this.prompt, this.reply, ...(queued ? [waiting] : [])], {
      running: this.reply.message_id,
      queued: queued ? [{ turn_id: "trn_2", prompt_id: waiting.message_id, position: 2 }] : [],
    });
    let at = 0;
    const timer = setInterval(() => {
      at += speed;
      this.running = {
        messageId: this.reply.message_id,
        parts: [{ index: 0, kind: "text", content: text.slice(0, at) }],
      };
      if (at >= text.length) {
        clearInterval(timer);
        this.running = undefined;
        this.session = view([this.prompt, { ...answer(text, NOW), message_id: this.reply.message_id }]);
      }
      for (const listener of this.#listeners) listener();
    }, 40);
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

const CONNECTIONS: Record<string, () => Connection> = {
  reconnecting: () => ({ kind: "reconnecting", retryAt: Date.now() + 8000 }),
  offline: () => ({ kind: "offline" }),
  closed: () => ({ kind: "closed", why: "credential" }),
};

export function fixtureBackend(wanted: URLSearchParams): Backend {
  const long = wanted.has("long");
  const text = long
    ? `${RICH}\n\n`.repeat(80).slice(0, Number(wanted.get("long")) || 130_000)
    : `${RICH}\n\n${SHELL}`;
  const stream = new Stream(text, Number(wanted.get("speed")) || 24, wanted.has("queued"));
  const connection = CONNECTIONS[wanted.get("connection") ?? ""]?.() ?? { kind: "connected" as const };
  const here = {
    connection,
    me: {
      userId: ME.user_id,
      displayName: ME.display_name,
      guest: wanted.has("guest"),
      admin: !wanted.has("member"),
      color: PALETTE[0],
      language: undefined,
    },
    limits: undefined,
    models: {
      models: [
        model("claude-opus-5-1", "Claude Opus 5.1"),
        model("claude-sonnet-5", "Claude Sonnet 5"),
        model("claude-haiku-5", "Claude Haiku 5", { efforts: [] }),
        model("old", "Claude Opus 4", { deprecated: true }),
      ],
      default: "claude-opus-5-1",
      simulated: wanted.has("simulated"),
    },
  };
  const nothing = () => Promise.resolve();
  const answers = answersOf(wanted);
  const actions = new Proxy({} as Actions, {
    get: (_, name) => answers[name as keyof Actions] ?? nothing,
  });
  const list = TITLES.map(([session_id, title, ago]) =>
    summary(session_id, title, NOW - ago, {
      running: session_id === "ses_stream",
      unread: { ses_tools: 3, ses_korean: 128, ses_team: 4 }[session_id] ?? 0,
      unread_mentions: { ses_korean: 12, ses_team: 1 }[session_id] ?? 0,
    }),
  );
  const invited: Invited[] = wanted.has("invited")
    ? [{ session_id: "ses_ends", title: "Three ways to end", role: "collaborator", by: JUN }]
    : [];
  const failed = view([], {
    state: "failed",
    trouble: { code: "SERVICE_UNAVAILABLE", message: "", retryAfter: undefined },
  });
  const titled = (sessionId: string, session: SessionView): SessionView => {
    const line = list.find((each) => each.session_id === sessionId);
    return line && session.summary
      ? { ...session, summary: { ...session.summary, title: line.title } }
      : session;
  };
  const team = titled("ses_team", teamView(wanted));
  const views = Object.fromEntries(
    Object.entries(SESSIONS).map(([key, session]) => [key, titled(key, session)]),
  );
  return {
    actions,
    http: fixtureHttp(wanted),
    useInvited: () => invited,
    useHere: () => here,
    useSessions: (query) => ({
      state:
        wanted.get("list") === "loading" ? "loading" : wanted.get("list") === "failed" ? "failed" : "here",
      sessions: wanted.has("list")
        ? []
        : list.filter((each) => each.title.toLowerCase().includes(query.toLowerCase())),
      hasMore: false,
    }),
    useSession(sessionId) {
      const streaming = useSyncExternalStore(stream.subscribe, () => stream.session);
      if (sessionId === "ses_stream") return streaming;
      if (sessionId === "ses_team") return team;
      if (sessionId === "ses_failed") return failed;
      return (
        views[sessionId] ??
        view([], {
          state: sessionId === "ses_loading" ? "loading" : "removed",
          summary: undefined,
        } as Partial<SessionView>)
      );
    },
    useRunning: () => useSyncExternalStore(stream.subscribe, () => stream.running),
  };
}
