/** What the app needs to know and do, whoever provides it: the SDK (live.ts) or fixtures while developing. */
import type {
  Author,
  Budget,
  Effort,
  ErrorCode,
  Invitation,
  Invite,
  Invited,
  Limits,
  Message,
  Models,
  Part,
  Participant,
  Presence,
  QueuedTurn,
  Revision,
  Right,
  Role,
  SearchResults,
  SessionSummary,
  Spent,
  Summary,
  UnixMs,
} from "@madang/protocol";
import type { Http } from "../account/types.js";

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
  /** Whether they administer the server. */
  admin: boolean;
  color: string;
  /** The language that goes with the account; unknown while none was chosen. */
  language: string | undefined;
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
  /** Requests of this server that go first; unknown where it is not our own queue. */
  ahead: number | undefined;
}

/** Something of one's own that the server has not confirmed yet. */
export interface Pending {
  id: string;
  content: string;
  to: Target;
  createdAt: UnixMs;
  replyTo: string | undefined;
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
  /** Who was asked in by name and has not come. */
  invitations: readonly Invitation[];
  /** Who is here or away, by user id. */
  presence: ReadonlyMap<string, Presence>;
  /** The last message that one had read, as the server knows it. */
  readTo: string | undefined;
  budget: Budget | undefined;
  spent: Spent | undefined;
  /** Who ended one's membership, when it has ended. */
  removedBy: Author | undefined;
}

export interface Send {
  sessionId: string;
  content: string;
  to: Target;
  continues?: string;
  replyTo?: string | undefined;
  mentions?: readonly string[];
}

/** What a link that lets people in gives them. */
export interface InviteChoice {
  role: Role;
  expiresInMs: number;
  uses: number;
}

/** A link just made; its code is shown this once. */
export interface MadeInvite {
  invite: Invite;
  code: string;
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
  closeSession(sessionId: string): Promise<void>;
  reopenSession(sessionId: string): Promise<void>;
  /** Enters a session by its id or by the code of a link; gives its id. */
  joinSession(codeOrId: string): Promise<string>;
  leaveSession(sessionId: string): Promise<void>;
  inviteUser(sessionId: string, who: string, role: Role): Promise<void>;
  /** Also takes an invitation back. */
  removeUser(sessionId: string, userId: string): Promise<void>;
  setRole(sessionId: string, userId: string, to: { role: Role; rights: readonly Right[] }): Promise<void>;
  transferOwnership(sessionId: string, userId: string): Promise<void>;
  createInvite(sessionId: string, choice: InviteChoice): Promise<MadeInvite>;
  listInvites(sessionId: string): Promise<readonly Invite[]>;
  revokeInvite(sessionId: string, inviteId: string): Promise<void>;
  editMessage(sessionId: string, messageId: string, content: string): Promise<void>;
  deleteMessage(sessionId: string, messageId: string): Promise<void>;
  revisions(sessionId: string, messageId: string): Promise<readonly Revision[]>;
  react(sessionId: string, messageId: string, emoji: string, on: boolean): Promise<void>;
  setTyping(sessionId: string, typing: boolean): void;
  markRead(sessionId: string, messageId: string): void;
  setBudget(sessionId: string, budget: Budget | null): Promise<void>;
  summarize(sessionId: string, since?: string): Promise<Summary>;
  search(query: string, cursor?: string): Promise<SearchResults>;
  dismissInvited(sessionId: string): void;
  loadOlder(sessionId: string): Promise<void>;
  loadMoreSessions(query: string): Promise<void>;
  reloadSessions(query: string): void;
  /** Connects, if nobody has; on the way in nobody does. */
  connect(): void;
  reconnectNow(): void;
}

/** The hooks are called as hooks: one backend for the life of the app. */
export interface Backend {
  useHere(): Here;
  useSessions(query: string): SessionList;
  useSession(sessionId: string): SessionView;
  useRunning(sessionId: string): Running | undefined;
  /** Sessions that one was asked into by name, while this page is open. */
  useInvited(): readonly Invited[];
  actions: Actions;
  http: Http;
}
