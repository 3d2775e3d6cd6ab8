import type {
  Ack,
  Blame,
  CommandData,
  Connected,
  DocumentResumed,
  DocumentState,
  DocumentVersion,
  EventData,
  History,
  InviteCreated,
  Invites,
  Models,
  Pong,
  ReadMarked,
  Resumed,
  Revisions,
  SearchResults,
  SessionState,
  SessionStatusData,
  Sessions,
  Summary,
  Versions,
} from "@madang/protocol";
import type { PendingMessage } from "./session/state.js";
import type { Settings } from "./settings.js";

/** The name of a command. */
export type CommandType = keyof CommandData;
/** The name of an event. */
export type EventType = keyof EventData;

/** What answers the commands that ask; every other command is answered by `Ack`. */
export interface QueryAnswers {
  auth: Connected;
  ping: Pong;
  list_sessions: Sessions;
  list_models: Models;
  session_status: SessionStatusData;
  get_history: History;
  follow_session: SessionState | Resumed;
  join_collaboration: SessionState | Resumed;
  create_invite: InviteCreated;
  list_invites: Invites;
  get_revisions: Revisions;
  mark_read: ReadMarked;
  summarize: Summary;
  search: SearchResults;
  open_document: DocumentState | DocumentResumed;
  list_versions: Versions;
  get_version: DocumentVersion;
  get_blame: Blame;
}

/** What a command's promise gives. */
export type Answer<T extends CommandType> = T extends keyof QueryAnswers ? QueryAnswers[T] : Ack;

/** An event as it came: what goes around its data. */
export interface Envelope<T extends EventType = EventType> {
  readonly type: T;
  readonly data: EventData[T];
  readonly id?: string;
  readonly timestamp?: number;
  readonly session_id?: string;
  readonly seq?: number;
  readonly epoch?: string;
  readonly correlation_id?: string;
}

/** Something to read and to be told about; fits `useSyncExternalStore`. */
export interface Readable<T> {
  /** Calls `listener` after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** The state as of the last notification: the same object until it changes. */
  getSnapshot(): T;
}

/** Which sentence explains a lost connection; the words are the app's. */
export type WhyKey =
  | "lost"
  | "no_answer"
  | "handshake_failed"
  | "credentials_failed"
  | "restarting"
  | "overloaded"
  | "too_slow"
  | "server_fault"
  | "token_expired"
  | "state_invalidated"
  | "refused_message"
  | "credential_refused"
  | "signed_out"
  | "forbidden"
  | "no_such_session"
  | "never_again"
  | "goodbye";

/** Why there is no connection. */
export interface Why {
  /** The WebSocket close code; 1006 where there was none. */
  readonly code: number;
  /** The server's own sentence, for developers; may be empty. */
  readonly reason: string;
  /** The sentence to show. */
  readonly key: WhyKey;
}

/** How the connection stands. */
export type ConnectionState =
  /** `connect` was not called, or `close` was. */
  | { readonly status: "idle" }
  /** The first attempt is under way. */
  | { readonly status: "connecting" }
  /** Commands and events flow. */
  | { readonly status: "connected"; readonly since: number }
  /** Lost; comes back by itself at `retryAt` (null: this very moment). */
  | {
      readonly status: "reconnecting";
      readonly attempt: number;
      readonly retryAt: number | null;
      readonly why: Why;
    }
  /** The machine has no network; comes back by itself when it has. */
  | { readonly status: "offline"; readonly retryAt: number | null; readonly why: Why }
  /** Ended by the server for good; `connect` tries again. */
  | ({ readonly status: "closed" } & Why);

/** How the client proves who it is: a ticket, a token that is exchanged for a ticket, or nothing (the login cookie, or a guest). */
export type Credential = { readonly ticket: string } | { readonly token: string } | null;

/** Time and chance; replaced in tests. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** A number from 0 up to, not including, 1. */
  random(): number;
  /** Calls `run` once after `ms`. */
  setTimeout(run: () => void, ms: number): unknown;
  /** Takes that back. */
  clearTimeout(handle: unknown): void;
  /** Calls `run` soon, once: before the next frame is drawn where frames are drawn. Notifications are bundled by it. */
  defer(run: () => void): void;
}

/** What the machine says about its network and its page; replaced in tests. */
export interface Surroundings {
  /** False only when there surely is no network. */
  online(): boolean;
  /** Calls `listener` on a change, until the returned function is called. */
  watch(listener: (change: "online" | "offline" | "visible") => void): () => void;
}

/** The part of `Storage` that is needed; `sessionStorage` fits. */
export interface OutboxStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Keeps one's own messages that the transcript doesn't have yet. May throw; that is reported and costs nothing else. */
export interface MessageKeeper {
  /** Gives back what this user left, the first time after another's; another person's is let go. From now on, messages are kept in that name. */
  open(userId: string): readonly (readonly [sessionId: string, messages: readonly PendingMessage[]])[];
  /** Keeps all that is pending in a session, in place of what was. */
  keep(sessionId: string, messages: readonly PendingMessage[]): void;
}

/** A WebSocket class: the browser's, or one like `ws` for Node. */
export type SocketConstructor = new (url: string, protocols: string[]) => object;

/** What `createClient` takes; everything has a default in a browser. */
export interface ClientOptions {
  /** Where the server listens: `wss://host/ws`. By default the page's own host. */
  readonly url?: string | undefined;
  /** Asked before each attempt. Without it, the login cookie or a guest. */
  readonly credentials?: (() => Promise<Credential>) | undefined;
  /** The WebSocket class; by default the global one. */
  readonly WebSocket?: SocketConstructor | undefined;
  /** Used to exchange a token for a ticket; by default the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** Keeps one's own messages that were not acknowledged over a reload; see `keepIn`. By default nothing does. */
  readonly keeper?: MessageKeeper | undefined;
  /** The client program's name and version. */
  readonly client?: { readonly name: string; readonly version: string } | undefined;
  /** Time-outs and intervals. */
  readonly settings?: Partial<Settings> | undefined;
  /** Time and chance. */
  readonly clock?: Clock | undefined;
  /** Network and page. */
  readonly surroundings?: Surroundings | undefined;
  /** Told of handlers that threw and events that could not be read; by default `console.error`. */
  readonly onError?: ((error: unknown, where: string) => void) | undefined;
}

/** How one command is sent. */
export interface SendOptions {
  /** The command's id; by default a fresh one. The same id is never carried out twice (CM2). */
  readonly id?: string | undefined;
  /** Milliseconds of connected time to wait for the answer. */
  readonly timeoutMs?: number | undefined;
  /** Takes the command back; what was sent may be carried out all the same. */
  readonly signal?: AbortSignal | undefined;
  /** What happens when the connection is lost before the answer: sent again with the same id (the default), or failed. */
  readonly onLoss?: "resend" | "fail" | undefined;
}
