import type {
  Author,
  Budget,
  DocumentSummary,
  Effort,
  ErrorCode,
  Invitation,
  Message,
  Participant,
  Presence,
  QueuedTurn,
  SessionSummary,
  Spent,
} from "@madang/protocol";
import type { MadangError } from "../errors.js";

/** How much of a session is here. */
export type SessionPhase =
  /** Nobody has asked for it. */
  | "idle"
  /** Asked for; nothing to show yet. */
  | "loading"
  /** Here and up to date. */
  | "live"
  /** What is here may be old: the connection is lost, or something was missed and is on its way. */
  | "resyncing"
  /** Deleted, or there is none that you may know of. */
  | "gone"
  /** One does not belong to it any more; `removedBy` says who did it. What was here is still shown. */
  | "removed"
  /** Not allowed. */
  | "forbidden"
  /** It could not be had; it is asked for again by itself. `error` says why. */
  | "failed";

/** A message of one's own that is not in the transcript yet. */
export interface PendingMessage {
  /** The command's id; stays the same however often it is sent. */
  readonly id: string;
  readonly kind: "prompt" | "chat";
  readonly content: string;
  readonly replyTo?: string | undefined;
  readonly continues?: string | undefined;
  /** The people it names, beside those that its text names. */
  readonly mentions?: readonly string[] | undefined;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** On its way; kept until there is a connection; or refused, and then `error` says why. */
  readonly state: "sending" | "kept" | "failed";
  readonly error?: MadangError | undefined;
}

/** The upstream makes a running reply wait. */
export interface Waiting {
  readonly messageId: string;
  readonly code: ErrorCode;
  /** Unix milliseconds of the next try. */
  readonly retryAt: number;
  /** Which try comes next, from 2. */
  readonly attempt: number;
  /** Requests of this server that go first, when it waits in the server's own queue; `retryAt` means nothing then. */
  readonly ahead: number | undefined;
}

/** A session as it is shown. Immutable; a field that has not changed is the same object as before. */
export interface SessionSnapshot {
  readonly sessionId: string;
  readonly status: SessionPhase;
  /** Why it is gone, forbidden or failed. */
  readonly error: MadangError | null;
  readonly summary: SessionSummary | null;
  readonly model: string;
  readonly effort: Effort | null;
  /** Who belongs to it, Claude included; whether here or not. */
  readonly participants: readonly Participant[];
  /** Who was asked in by name and has not come. */
  readonly invitations: readonly Invitation[];
  /** Who is here or away, by user id; who is not in it is neither. */
  readonly presence: ReadonlyMap<string, Presence>;
  /** The ids of the others who are typing, in the order in which they began. */
  readonly typing: readonly string[];
  /** The last message that one has read; null while one has read none. How many came since is `summary.unread`. */
  readonly readTo: string | null;
  /** What the session may spend. */
  readonly budget: Budget | null;
  /** What it spent in the budget's period, or today where there is none. */
  readonly spent: Spent;
  /** Who removed one from it. */
  readonly removedBy: Author | null;
  /** The current branch as far as it is loaded, oldest first. A running reply is in it, empty; its text is in `SessionStore.reply`. */
  readonly messages: readonly Message[];
  /** Whether `loadOlder` has something to load. */
  readonly hasMore: boolean;
  /** Older messages, or a branch that was chosen, are on their way; or could not be had. */
  readonly history: "idle" | "loading" | "failed";
  /** The last entry of the branch. */
  readonly head: string | null;
  /** Per message that has siblings: all of them, itself included, oldest first. */
  readonly branches: ReadonlyMap<string, readonly string[]>;
  /** The reply that is being written. */
  readonly running: { readonly turnId: string; readonly promptId: string; readonly messageId: string } | null;
  /** Prompts that wait, the next one first. */
  readonly queued: readonly QueuedTurn[];
  /** Its shared documents, oldest first. */
  readonly documents: readonly DocumentSummary[];
  /** Why the running reply does not go on just now. */
  readonly waiting: Waiting | null;
  /** One's own messages that are not in the transcript yet, oldest first. */
  readonly pending: readonly PendingMessage[];
}

/** A session before anything is known of it. */
export function emptySnapshot(sessionId: string): SessionSnapshot {
  return {
    sessionId,
    status: "idle",
    error: null,
    summary: null,
    model: "",
    effort: null,
    participants: [],
    invitations: [],
    presence: new Map(),
    typing: [],
    readTo: null,
    budget: null,
    spent: { tokens: 0, micro_usd: 0 },
    removedBy: null,
    messages: [],
    hasMore: false,
    history: "idle",
    head: null,
    branches: new Map(),
    running: null,
    queued: [],
    documents: [],
    waiting: null,
    pending: [],
  };
}
