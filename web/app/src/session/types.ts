/** What the app needs to know and do, whoever provides it: the SDK (live.ts) or fixtures while developing. */
import type {
  Effort,
  ErrorCode,
  Limits,
  Message,
  Models,
  Part,
  Participant,
  QueuedTurn,
  SessionSummary,
  UnixMs,
} from "@madang/protocol";

export type Connection =
  | { kind: "connecting" }
  | { kind: "connected" }
  | { kind: "reconnecting"; retryAt: UnixMs }
  | { kind: "offline" }
  | { kind: "closed"; why: "credential" | "forbidden" | "other" };

/** The person in front of this browser. */
export interface Me {
  userId: string;
  displayName: string;
  guest: boolean;
}

export interface Here {
  connection: Connection;
  /** Unknown until the first connection. */
  me: Me | undefined;
  limits: Limits | undefined;
  models: Models | undefined;
}

/** A refusal or failure as the app shows it: a sentence by its code, the code small. */
export interface Trouble {
  code: ErrorCode | "TIMEOUT" | "TOO_BIG" | "CLOSED" | "OUTBOX_FULL" | "UNKNOWN";
  message: string;
  retryAfter: number | undefined;
}

export interface SessionList {
  state: "loading" | "here" | "failed";
  sessions: readonly SessionSummary[];
  hasMore: boolean;
}

/** Claude is busy upstream; the next try of a running reply. */
export interface Waiting {
  messageId: string;
  retryAt: UnixMs;
}

/** Something of one's own that the server has not confirmed yet. */
export interface Pending {
  id: string;
  content: string;
  to: Target;
  createdAt: UnixMs;
  state: "sending" | "waiting" | "failed";
  trouble: Trouble | undefined;
}

/** The reply that is being written, as far as it has come. */
export interface Running {
  messageId: string;
  parts: readonly Part[];
}

export type Target = "claude" | "everyone";

export interface SessionView {
  state: "loading" | "here" | "failed" | "removed" | "forbidden";
  trouble: Trouble | undefined;
  summary: SessionSummary | undefined;
  model: string;
  effort: Effort | null;
  participants: readonly Participant[];
  /** Oldest first, the current branch. An entry's identity changes when it changes, and only then. */
  messages: readonly Message[];
  hasMore: boolean;
  loadingOlder: boolean;
  /** Per message that has siblings: all of them, itself included, oldest first. */
  branches: ReadonlyMap<string, readonly string[]>;
  /** The reply being written; its text is in `useRunning`, which changes with every piece. */
  running: string | undefined;
  queued: readonly QueuedTurn[];
  waiting: Waiting | undefined;
  pending: readonly Pending[];
}

export interface Send {
  sessionId: string;
  content: string;
  to: Target;
  continues?: string;
}

/** Every one resolves when the server has confirmed it, and rejects with a `Trouble`. */
export interface Actions {
  createSession(model?: { model?: string; effort?: Effort }): Promise<string>;
  renameSession(sessionId: string, title: string): Promise<void>;
  deleteSession(sessionId: string): Promise<void>;
  configureSession(sessionId: string, change: { model?: string; effort?: Effort }): Promise<void>;
  send(message: Send): Promise<void>;
  retryPending(sessionId: string, id: string): void;
  discardPending(sessionId: string, id: string): void;
  stop(sessionId: string, messageId: string): Promise<void>;
  editQueued(sessionId: string, messageId: string, content: string): Promise<void>;
  regenerate(sessionId: string, messageId: string): Promise<void>;
  editPrompt(sessionId: string, messageId: string, content: string): Promise<void>;
  selectBranch(sessionId: string, messageId: string): Promise<void>;
  forkSession(sessionId: string, messageId: string): Promise<string>;
  loadOlder(sessionId: string): Promise<void>;
  loadMoreSessions(query: string): Promise<void>;
  reloadSessions(query: string): void;
  reconnectNow(): void;
}

/** The hooks are called as hooks: one backend for the life of the app. */
export interface Backend {
  useHere(): Here;
  useSessions(query: string): SessionList;
  useSession(sessionId: string): SessionView;
  useRunning(sessionId: string): Running | undefined;
  actions: Actions;
}
