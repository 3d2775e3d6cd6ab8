/** Makes what invented sessions consist of, with the wire's own types. */
import type {
  Message,
  ModelInfo,
  Part,
  Participant,
  Presence,
  Reply,
  SessionSummary,
} from "@madang/protocol";
import type { SessionView } from "../src/session/types.js";
import { PALETTE } from "../src/ui/tone.js";

export const NOW = Date.now();
export const MINUTE = 60_000;
export const CLAUDE = { user_id: "claude", display_name: "Claude" };
export const ME = { user_id: "usr_me", display_name: "Minji Kim" };
export const JUN = { user_id: "usr_jun", display_name: "박준" };
export const LONG = {
  user_id: "usr_long",
  display_name: "Maximiliana-Konstantina von Wittelsbach-Habsburg zu Hohenlohe",
};

export const model = (id: string, display_name: string, more: Partial<ModelInfo> = {}): ModelInfo => ({
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

export function say(
  author: { user_id: string; display_name: string },
  content: string,
  at: number,
  kind: Message["kind"] = "prompt",
): Message {
  return { message_id: id("msg"), parent_id: null, kind, author, content, created_at: at };
}

export function answer(content: string, at: number, reply: Partial<Reply> = {}): Message {
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

export function summary(
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
    unread: 0,
    unread_mentions: 0,
    present: 1,
    ...more,
  };
}

export const people = (count: number): Participant[] =>
  Array.from({ length: count }, (_, at) => ({
    ...(at === 0
      ? ME
      : at === 1
        ? LONG
        : at === 2
          ? JUN
          : { user_id: `usr_${at}`, display_name: `${"BCDEFGHIJK"[at % 10]}ora ${at}` }),
    role: at === 0 ? ("owner" as const) : at % 7 === 4 ? ("viewer" as const) : ("collaborator" as const),
    ...(at === 2 ? { rights: ["stop" as const, "invite" as const] } : {}),
    color: PALETTE[at % PALETTE.length] ?? "",
    joined_at: NOW,
  }));

export function view(messages: Message[], more: Partial<SessionView> = {}): SessionView {
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
    invitations: [],
    presence: new Map(),
    readTo: undefined,
    budget: undefined,
    spent: undefined,
    removedBy: undefined,
    ...more,
  };
}

/** Most are here, some away, some not at all. */
export function present(
  participants: readonly Participant[],
  more: Record<string, Partial<Presence>> = {},
): Map<string, Presence> {
  return new Map(
    participants.flatMap((each, at): [string, Presence][] =>
      at % 5 === 4
        ? []
        : [
            [
              each.user_id,
              {
                user_id: each.user_id,
                state: at % 3 === 2 ? "away" : "here",
                devices: at % 4 === 1 ? 2 : 1,
                typing: false,
                ...more[each.user_id],
              },
            ],
          ],
    ),
  );
}
