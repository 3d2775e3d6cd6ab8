/** A backend of invented sessions, with the wire's own types. */
import type { Message, ModelInfo, Part, Participant, Reply, SessionSummary } from "@madang/protocol";
import { useSyncExternalStore } from "react";
import type { Actions, Backend, Connection, Running, SessionView } from "../src/session/types.js";
import { DIAGRAM, KOREAN, RICH, SHELL } from "./texts.js";

const NOW = Date.now();
const MINUTE = 60_000;
const CLAUDE = { user_id: "claude", display_name: "Claude" };
const ME = { user_id: "usr_me", display_name: "Minji Kim" };
const LONG = {
  user_id: "usr_long",
  display_name: "Maximiliana-Konstantina von Wittelsbach-Habsburg zu Hohenlohe",
};
const COLOURS = [
  "oklch(52% 0.12 255)",
  "oklch(52% 0.12 300)",
  "oklch(52% 0.12 350)",
  "oklch(52% 0.11 130)",
  "oklch(52% 0.1 200)",
];

const model = (id: string, display_name: string, more: Partial<ModelInfo> = {}): ModelInfo => ({
  id,
  display_name,
  simulated: false,
  deprecated: false,
  efforts: ["low", "medium", "high", "xhigh", "max"],
  default_effort: "high",
  thinking: true,
  image_input: true,
  pdf_input: true,
  ...more,
});

let next = 0;
const id = (kind: string) => `${kind}_${String(++next).padStart(6, "0")}`;

function say(
  author: { user_id: string; display_name: string },
  content: string,
  at: number,
  kind: Message["kind"] = "prompt",
): Message {
  return { message_id: id("msg"), parent_id: null, kind, author, content, created_at: at };
}

function answer(content: string, at: number, reply: Partial<Reply> = {}): Message {
  const text: Part = { index: 0, kind: "text", content };
  return {
    ...say(CLAUDE, content, at, "reply"),
    reply: {
      status: "complete",
      parts: [text],
      model: "claude-opus-5-1",
      simulated: false,
      stop_reason: "end_turn",
      usage: {
        input_tokens: 1204,
        output_tokens: 356,
        cache_read_input_tokens: 8210,
        cache_creation_input_tokens: 0,
        estimated: false,
      },
      cost: { micro_usd: 14_200, price_table: "2026-10" },
      ended_at: at + 8_300,
      ...reply,
    },
  };
}

function summary(
  session_id: string,
  title: string,
  at: number,
  more: Partial<SessionSummary> = {},
): SessionSummary {
  return {
    session_id,
    title,
    status: "active",
    role: "owner",
    created_at: at,
    last_activity: at,
    participant_count: 1,
    message_count: 12,
    running: false,
    ...more,
  };
}

const people = (count: number): Participant[] =>
  Array.from({ length: count }, (_, at) => ({
    ...(at === 0
      ? ME
      : at === 1
        ? LONG
        : { user_id: `usr_${at}`, display_name: `${"BCDEFGHIJK"[at % 10]}ora ${at}` }),
    role: "collaborator" as const,
    color: COLOURS[at % COLOURS.length] ?? "gray",
    joined_at: NOW,
  }));

function view(messages: Message[], more: Partial<SessionView> = {}): SessionView {
  return {
    state: "here",
    trouble: undefined,
    summary: summary("ses_x", "", NOW),
    model: "claude-opus-5-1",
    effort: "high",
    participants: people(1),
    messages,
    hasMore: false,
    loadingOlder: false,
    branches: new Map(),
    running: undefined,
    queued: [],
    waiting: undefined,
    pending: [],
    ...more,
  };
}

const BEFORE = NOW - 26 * 60 * MINUTE;
const tools: Part[] = [
  { index: 0, kind: "thinking", content: "The user wants the file. I read it first.", duration_ms: 12_400 },
  { index: 1, kind: "text", content: "I look at the file first." },
  {
    index: 2,
    kind: "tool_use",
    name: "read_file",
    tool_use_id: "t1",
    content: '{"path":"src/server/main.rs","from":1,"to":80}',
  },
  {
    index: 3,
    kind: "tool_result",
    tool_use_id: "t1",
    content: '[{"type":"text","text":"fn main() {\\n    println!(\\"hello\\");\\n}"}]',
  },
  {
    index: 4,
    kind: "tool_use",
    name: "edit_document",
    tool_use_id: "t2",
    content: '{"path":"main","old_str":"hello","new_str":"안녕"}',
  },
  { index: 5, kind: "text", content: "It prints a greeting. I changed the word." },
];

function many(count: number): Message[] {
  return Array.from({ length: count }, (_, at) => {
    const when = NOW - (count - at) * 7 * MINUTE;
    if (at % 2 === 0)
      return say(
        at % 6 === 0 ? LONG : ME,
        `Question ${at / 2 + 1}: what about ${"it ".repeat((at * 7) % 40)}?`,
        when,
      );
    return answer(
      at % 10 === 9
        ? RICH
        : `Answer ${(at + 1) / 2}. ${"A sentence that says a little more. ".repeat((at * 3) % 14)}`,
      when,
    );
  });
}

const asked = say(
  ME,
  "What differs between server-sent events and WebSockets? Put it in a table, and show me the back-off.",
  BEFORE,
);
const rich = answer(RICH, BEFORE + 2000);
const second = say(ME, "Thanks. Now how do I run it?\nAnd in Python, primes below n.", NOW - 9 * MINUTE);
const korean = answer(KOREAN, NOW - 3 * MINUTE, { model: "claude-sonnet-5" });

const SESSIONS: Record<string, SessionView> = {
  ses_table: view(
    [
      asked,
      rich,
      say(LONG, "I would take the second one.", NOW - 20 * MINUTE, "chat"),
      say(LONG, "But let us measure.", NOW - 19 * MINUTE, "chat"),
      second,
      answer(SHELL, NOW - 8 * MINUTE),
    ],
    {
      participants: people(2),
      branches: new Map([
        [rich.message_id, ["msg_a", rich.message_id, "msg_c"]],
        [second.message_id, [second.message_id, "msg_d"]],
      ]),
    },
  ),
  ses_tools: view([
    say(ME, "Read src/server/main.rs and make it greet in Korean.", NOW - 5 * MINUTE),
    answer("", NOW - 4 * MINUTE, { parts: tools }),
  ]),
  ses_diagram: view([say(ME, "Draw it.", NOW - 5 * MINUTE), answer(DIAGRAM, NOW - 4 * MINUTE)]),
  ses_korean: view([say(ME, "서버 전송 이벤트와 웹소켓을 표로 비교해 줘.", NOW - 4 * MINUTE), korean]),
  ses_ends: view([
    say(ME, "One", NOW - 50 * MINUTE),
    answer("It began well and then", NOW - 49 * MINUTE, { status: "cancelled", stopped_by: ME }),
    say(ME, "Two", NOW - 48 * MINUTE),
    answer("", NOW - 47 * MINUTE, {
      status: "error",
      parts: [],
      error: { code: "MODEL_OVERLOADED", message: "" },
    }),
    say(ME, "Three", NOW - 46 * MINUTE),
    answer("The first half of a", NOW - 45 * MINUTE, { status: "interrupted" }),
  ]),
  ses_empty: view([], { participants: people(40) }),
  ses_many: view(many(1000), { participants: people(40) }),
  ses_viewer: view([asked, rich], { summary: summary("ses_viewer", "Read only", NOW, { role: "viewer" }) }),
};

const TITLES: [string, string, number][] = [
  ["ses_table", "Server-sent events or WebSockets", 8 * MINUTE],
  ["ses_tools", "Greeting in Korean", 4 * MINUTE],
  ["ses_stream", "A reply being written", 1 * MINUTE],
  [
    "ses_diagram",
    "A very long title that goes on and on until there is no more room for it in any list of sessions at all",
    90 * MINUTE,
  ],
  ["ses_korean", "서버 전송 이벤트와 웹소켓 비교", 26 * 60 * MINUTE],
  ["ses_ends", "Three ways to end", 30 * 60 * MINUTE],
  ["ses_empty", "", 3 * 24 * 60 * MINUTE],
  ["ses_many", "A thousand messages", 4 * 24 * 60 * MINUTE],
  ["ses_viewer", "Read only", 20 * 24 * 60 * MINUTE],
];

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
    me: { userId: ME.user_id, displayName: ME.display_name, guest: true },
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
  const actions = new Proxy({} as Actions, {
    get: (_, name) =>
      name === "createSession" || name === "forkSession" ? () => Promise.resolve("ses_stream") : nothing,
  });
  const list = TITLES.map(([session_id, title, ago]) =>
    summary(session_id, title, NOW - ago, { running: session_id === "ses_stream" }),
  );
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
  const views = Object.fromEntries(
    Object.entries(SESSIONS).map(([key, session]) => [key, titled(key, session)]),
  );
  return {
    actions,
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
