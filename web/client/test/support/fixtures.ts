/** Wire data for tests, typed by the generated vocabulary: a change of the protocol fails to compile here. */
import type {
  Author,
  ClaudeResponse,
  CommandData,
  Connected,
  Message,
  MessageCreated,
  ModelInfo,
  Participant,
  RunningTurn,
  SessionState,
  SessionSummary,
  TurnStarted,
} from "@madang/protocol";
import type { CommandType, Envelope, EventType } from "../../src/index.js";

export const SESSION = "ses_0190a6b2000070008000000000000001";
export const OTHER = "ses_0190a6b2000070008000000000000002";
export const ME: Author = { user_id: "usr_0190a6b2000070008000000000000001", display_name: "Minji" };
export const CLAUDE: Author = { user_id: "claude", display_name: "Claude" };
export const EPOCH = "epoch-one";

/** A command as it was sent. */
export interface SentCommand<T extends CommandType = CommandType> {
  readonly type: T;
  readonly id: string;
  readonly timestamp: number;
  readonly data: CommandData[T];
}

let unique = 0;

/** Wraps an event. */
export function event<T extends EventType>(
  type: T,
  data: Envelope<T>["data"],
  head: Partial<Omit<Envelope, "type" | "data">> = {},
): Envelope<T> {
  unique += 1;
  return { type, data, id: `e${unique}`, timestamp: 1, ...head };
}

/** Wraps a durable event of `SESSION`. */
export function durable<T extends EventType>(
  type: T,
  data: Envelope<T>["data"],
  seq: number,
  epoch = EPOCH,
): Envelope<T> {
  return event(type, data, { session_id: SESSION, seq, epoch });
}

export function connected(change: Partial<Connected> = {}): Connected {
  return {
    connection_id: "con_0190a6b2000070008000000000000001",
    user_id: ME.user_id,
    display_name: ME.display_name,
    guest: true,
    admin: false,
    color: "oklch(62% 0.13 20)",
    protocol: "madang.v2.json",
    server_version: "0.1.0",
    capabilities: [],
    heartbeat_ms: 25_000,
    simulated: false,
    limits: {
      message_bytes: 262_144,
      large_message_bytes: 25_165_824,
      content_bytes: 204_800,
      title_chars: 200,
      queued_turns: 20,
      history_page: 100,
      followed_sessions: 32,
      document_bytes: 4_194_304,
      change_sections: 10_000,
      op_id_bytes: 128,
      documents: 100,
      document_name_chars: 200,
      open_documents: 32,
    },
    ...change,
  };
}

export function summary(change: Partial<SessionSummary> = {}): SessionSummary {
  return {
    session_id: SESSION,
    title: "A title",
    status: "active",
    role: "owner",
    created_at: 1,
    last_activity: 1,
    participant_count: 1,
    message_count: 0,
    running: false,
    unread: 0,
    unread_mentions: 0,
    present: 1,
    ...change,
  };
}

export function participant(change: Partial<Participant> = {}): Participant {
  return { ...ME, role: "owner", color: "#888", joined_at: 1, ...change };
}

export function sessionState(change: Partial<SessionState> = {}): SessionState {
  return {
    session_id: SESSION,
    epoch: EPOCH,
    seq: 1,
    recovered: false,
    summary: summary(),
    model: "claude-test",
    effort: null,
    participants: [participant()],
    messages: [],
    has_more: false,
    head: null,
    branches: {},
    running: null,
    queued: [],
    documents: [],
    invitations: [],
    presence: [],
    read_to: null,
    budget: null,
    spent: { tokens: 0, micro_usd: 0 },
    ...change,
  };
}

export function prompt(id: string, parent: string | null, content = `prompt ${id}`): Message {
  return {
    message_id: id,
    parent_id: parent,
    kind: "prompt",
    author: ME,
    content,
    created_at: 1,
    turn_id: `trn_${id}`,
  };
}

export function streaming(id: string, parent: string): Message {
  return {
    message_id: id,
    parent_id: parent,
    kind: "reply",
    author: CLAUDE,
    content: "",
    created_at: 2,
    turn_id: `trn_${parent}`,
    reply: { status: "streaming", parts: [], model: "claude-test", simulated: false },
  };
}

export function reply(id: string, parent: string, content = `reply ${id}`): Message {
  return {
    ...streaming(id, parent),
    content,
    reply: {
      status: "complete",
      parts: [{ index: 0, kind: "text", content }],
      model: "claude-test",
      simulated: false,
      ended_at: 3,
    },
  };
}

export function created(message: Message): MessageCreated {
  return { session_id: SESSION, message };
}

export function started(message: Message): TurnStarted {
  return {
    session_id: SESSION,
    turn_id: message.turn_id ?? "",
    prompt_id: message.parent_id ?? "",
    message,
  };
}

export function running(id: string, promptId: string, n: number, text: string): RunningTurn {
  const parts: RunningTurn["parts"] = text === "" ? [] : [{ index: 0, kind: "text", content: text }];
  return { turn_id: `trn_${promptId}`, prompt_id: promptId, message_id: id, n, parts };
}

export function delta(
  id: string,
  n: number,
  content: string,
  change: Partial<ClaudeResponse> = {},
): ClaudeResponse {
  return {
    session_id: SESSION,
    message_id: id,
    content,
    stream: true,
    completed: false,
    n,
    part: 0,
    kind: "text",
    ...change,
  };
}

/** A re-attachment: everything up to `n`. */
export function reattached(id: string, n: number, text: string): ClaudeResponse {
  return {
    session_id: SESSION,
    message_id: id,
    content: text,
    stream: true,
    completed: false,
    n,
    parts: text === "" ? [] : [{ index: 0, kind: "text", content: text }],
  };
}

export function final(id: string, text: string, change: Partial<ClaudeResponse> = {}): ClaudeResponse {
  return {
    session_id: SESSION,
    message_id: id,
    content: text,
    stream: false,
    completed: true,
    status: "complete",
    parts: [{ index: 0, kind: "text", content: text }],
    model: "claude-test-1",
    stop_reason: "end_turn",
    ended_at: 9,
    ...change,
  };
}

export function model(id: string): ModelInfo {
  return {
    id,
    display_name: id,
    simulated: false,
    deprecated: false,
    efforts: [],
    thinking: false,
    image_input: true,
    pdf_input: true,
  };
}
