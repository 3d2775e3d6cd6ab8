// What this package offers. A test fails when it changes; `npx vitest run -u surface` writes it again.

// client.d.ts
import type { CommandData, Connected, CreateSession, EventData, Invited } from "@madang/protocol";
import type { ModelsStore } from "./lists/models.js";
import type { SessionsStore } from "./lists/sessions.js";
import type { SessionStore } from "./session/store.js";
import { type ClientStats } from "./stats.js";
import type { Answer, ClientOptions, CommandType, ConnectionState, Envelope, EventType, Readable, SendOptions } from "./types.js";
/** Hears one type of event: its data, and what went around it. */
export type Handler<T extends EventType> = (data: EventData[T], envelope: Envelope<T>) => void;
/** Makes a client. It does nothing until `connect`. */
export declare function createClient(options?: ClientOptions): MadangClient;
/** A client of one Madang server: one connection, and everything that is known through it. */
export declare class MadangClient {
    #private;
    constructor(options: ClientOptions);
    /** How the connection stands. */
    get connection(): Readable<ConnectionState>;
    /** Who one is and what the server can do, as of the last `connected`; null before the first. */
    get server(): Readable<Connected | null>;
    /** The models one may choose. */
    get models(): ModelsStore;
    /** The sessions that one was asked into and has not entered, newest first. */
    get invitations(): Readable<readonly Invited[]>;
    /** Counters for diagnosis. */
    get stats(): Readonly<ClientStats>;
    /** Commands that have no answer yet. */
    get waitingCommands(): number;
    /** Connects, and stays connected until `close`. */
    connect(): void;
    /** Ends the connection; commands without an answer fail with `CLOSED`. */
    close(): void;
    /**
     * Connects afresh with the credential there is now: after a login, a logout, a sign-up. Does nothing before `connect`.
     *
     * If that makes one another person, commands without an answer fail with `CLOSED`, and nothing of the former one's is kept.
     */
    reauthenticate(): void;
    /** Tries at once instead of waiting; or, when connected, makes sure of it. */
    retryNow(): void;
    /** Sends a command. Without a connection it waits; after a lost one it is sent again with the same id. */
    send<T extends Exclude<CommandType, "hello">>(type: T, data: CommandData[T], options?: SendOptions): Promise<Answer<T>>;
    /** Hears a type of event, until the returned function is called. */
    on<T extends EventType>(type: T, handler: Handler<T>): () => void;
    /** A session; the same store for the same id, while it is in use or was lately. */
    session(sessionId: string): SessionStore;
    /** The list of sessions whose titles contain `query`; all without. */
    sessions(query?: string): SessionsStore;
    /** Makes a session; gives its id. */
    createSession(data?: CreateSession): Promise<string>;
    /** Enters a session, by its id (as a member, or invited) or by an invite code; gives its id. */
    join(idOrCode: string): Promise<string>;
    /** Takes an invitation out of sight, on this client alone. */
    dismissInvitation(sessionId: string): void;
    /** Milliseconds for a `ping` and its answer. */
    measureLatency(): Promise<number>;
}

// errors.d.ts
import type { ErrorCode, ErrorData } from "@madang/protocol";
/** What can go wrong on this side of the wire. */
export type ClientErrorCode = 
/** The server did not answer in time; the command may have been carried out. */
"TIMEOUT"
/** The connection ended for good, or the client was closed. */
 | "CLOSED"
/** The connection was lost, and the command is not one that is sent again. */
 | "CONNECTION_LOST"
/** Too many commands wait. */
 | "OUTBOX_FULL"
/** The command is larger than the server takes. */
 | "TOO_BIG"
/** The caller took the command back. */
 | "ABORTED";
/** Why a command failed, or why a session can't be shown. */
export declare class MadangError extends Error {
    readonly name = "MadangError";
    /** The code; decide by this. */
    readonly code: ErrorCode | ClientErrorCode;
    /** Milliseconds to wait before trying again, when the server said so. */
    readonly retryAfter: number | undefined;
    /** Whether the same thing can succeed later. */
    readonly recoverable: boolean;
    /** Which field, which limit: for developers. */
    readonly details: string | undefined;
    constructor(code: ErrorCode | ClientErrorCode, message: string, more?: {
        retryAfter?: number | undefined;
        recoverable?: boolean;
        details?: string | undefined;
    });
}
/** Makes the error that an `error` event tells of; what is not as it should be is left out. */
export declare function errorFrom(data: Partial<ErrorData>): MadangError;
/** Turns anything thrown into a `MadangError`. */
export declare function asMadangError(error: unknown): MadangError;

// index.d.ts
/** The client of a Madang server: connection, commands, events, and stores of sessions. No framework, no dependency. */
export * from "@madang/protocol";
export { createClient, type Handler, MadangClient } from "./client.js";
export { type ClientErrorCode, MadangError } from "./errors.js";
export { keepIn } from "./kept.js";
export type { LoadingSnapshot } from "./lists/loading.js";
export { type ModelsSnapshot, ModelsStore } from "./lists/models.js";
export { type SessionsSnapshot, SessionsStore } from "./lists/sessions.js";
export { type Verdict, verdictOf } from "./reconnect.js";
export type { AskOptions } from "./session/commands.js";
export type { RunningReply } from "./session/reply.js";
export type { PendingMessage, SessionPhase, SessionSnapshot, Waiting } from "./session/state.js";
export { SessionStore } from "./session/store.js";
export { DEFAULT_SETTINGS, type Settings } from "./settings.js";
export type { ClientStats } from "./stats.js";
export type { Answer, ClientOptions, Clock, CommandType, ConnectionState, Credential, Envelope, EventType, MessageKeeper, OutboxStorage, QueryAnswers, Readable, SendOptions, SocketConstructor, Surroundings, Why, WhyKey, } from "./types.js";

// kept.d.ts
import type { MessageKeeper, OutboxStorage } from "./types.js";
/** Keeps messages in a `Storage`: `createClient({ keeper: keepIn(sessionStorage) })`. One keeper for one client. */
export declare function keepIn(storage: OutboxStorage): MessageKeeper;

// listeners.d.ts
/** Told of what a listener threw. */
export type Report = (error: unknown, where: string) => void;
/** Where reports go when nobody asks for them. */
export declare function reportToConsole(error: unknown, where: string): void;
/** A set of listeners; one that throws disturbs nobody else. */
export declare class Listeners<A extends readonly unknown[] = []> {
    #private;
    constructor(report: Report, where: string);
    /** How many there are. */
    get size(): number;
    /** Adds one; the same function may be added twice. */
    add(call: (...args: A) => void): () => void;
    /** Calls all that are there now. */
    emit(...args: A): void;
}
/** A value with listeners; the simplest `Readable`. */
export declare class Cell<T> {
    #private;
    constructor(value: T, report: Report, where: string);
    /** Sets the value and tells everyone, unless it is the same. */
    set(value: T): void;
    /** How many listen. */
    get listeners(): number;
    readonly getSnapshot: () => T;
    readonly subscribe: (listener: () => void) => (() => void);
}

// lists/loading.d.ts
import { type MadangError } from "../errors.js";
import type { StoreHost } from "../session/host.js";
import type { Readable } from "../types.js";
/** What every list says about itself. */
export interface LoadingSnapshot {
    /** Nothing asked yet; on its way for the first time; here (perhaps being renewed); could not be had. */
    readonly status: "idle" | "loading" | "ready" | "failed";
    /** Why it could not be had, or not be renewed. */
    readonly error: MadangError | null;
}
/** Something that is loaded when someone first listens, and renewed after a reconnection. */
export declare abstract class LoadingStore<S extends LoadingSnapshot> implements Readable<S> {
    #private;
    protected readonly host: StoreHost;
    constructor(empty: S, host: StoreHost, name: string);
    /** Asks the server, and says what to change. */
    protected abstract fetch(): Promise<Partial<S>>;
    readonly getSnapshot: () => S;
    /** Listening loads it. */
    readonly subscribe: (listener: () => void) => (() => void);
    /** How many listen. */
    get listeners(): number;
    /** Commands flow again: what is here may be old. Called by the client. */
    connected(): void;
    /** Someone else is signed in: nothing here is theirs. Called by the client. */
    renew(): void;
    /** Asks again. */
    reload(): void;
    protected change(change: Partial<S>): void;
}

// lists/models.d.ts
import type { ModelInfo } from "@madang/protocol";
import type { StoreHost } from "../session/host.js";
import { type LoadingSnapshot, LoadingStore } from "./loading.js";
/** The models as they are shown. */
export interface ModelsSnapshot extends LoadingSnapshot {
    /** Newest first. */
    readonly models: readonly ModelInfo[];
    /** The id of the one used when none is chosen; empty while unknown. */
    readonly defaultModel: string;
    /** True when the simulated model answers, whatever is chosen. */
    readonly simulated: boolean;
}
/** The models one may choose. */
export declare class ModelsStore extends LoadingStore<ModelsSnapshot> {
    constructor(host: StoreHost);
    protected fetch(): Promise<Partial<ModelsSnapshot>>;
}

// lists/sessions.d.ts
import type { SessionSummary } from "@madang/protocol";
import type { StoreHost } from "../session/host.js";
import { type LoadingSnapshot, LoadingStore } from "./loading.js";
/** A list of sessions as it is shown. */
export interface SessionsSnapshot extends LoadingSnapshot {
    /** Newest activity first; a line that has not changed is the same object as before. */
    readonly sessions: readonly SessionSummary[];
    /** Whether `loadMore` has something to load. */
    readonly hasMore: boolean;
    readonly loadingMore: boolean;
}
/** The list of one's sessions whose titles contain `query`; kept up to date by the server's word. */
export declare class SessionsStore extends LoadingStore<SessionsSnapshot> {
    #private;
    readonly query: string;
    constructor(query: string, host: StoreHost);
    /** Loads the next page. */
    loadMore(): Promise<void>;
    /** A line is new or changed. Called by the client. */
    changed(summary: SessionSummary): void;
    /** A session is read as far as this. Called by the client. */
    read(sessionId: string, unread: number): void;
    /** A session is gone. Called by the client. */
    forget(sessionId: string): void;
    protected fetch(): Promise<Partial<SessionsSnapshot>>;
}

// reconnect.d.ts
import type { Settings } from "./settings.js";
import type { Why } from "./types.js";
/** What a close code asks for. */
export type Verdict = "never" | "backoff" | "soon";
/** Decides by range alone (CN6), so that codes of a newer server are understood. */
export declare function verdictOf(code: number): Verdict;
/** Close codes after which the command that was being sent is failed instead of sent again (CN6). */
export declare function refusesMessage(code: number): boolean;
/** Words for a close code; what to do is `verdictOf`'s business. */
export declare function whyOf(code: number, reason: string): Why;
/** A credential that held and is refused now was ended: by a logout, here or elsewhere, or by an administrator. */
export declare function signedOut(why: Why): Why;
/** What the wait before the next attempt depends on. */
export interface WaitInput {
    readonly verdict: Exclude<Verdict, "never">;
    /** Attempts that have failed since the last good connection. */
    readonly failures: number;
    /** The server's `reconnect_after_ms`, if it gave one. */
    readonly hint: number | undefined;
}
/** Milliseconds until the next attempt (CN6, CN7): the server's hint, a short jitter, or full jitter under a growing ceiling. */
export declare function waitBefore(input: WaitInput, settings: Settings, random: () => number): number;

// session/commands.d.ts
import type { Ack, Effort } from "@madang/protocol";
import type { StoreHost } from "./host.js";
import type { PendingMessage } from "./state.js";
/** What may go with a prompt. */
export interface AskOptions {
    /** The message it answers. */
    readonly replyTo?: string | undefined;
    /** The interrupted reply that Claude should go on with. */
    readonly continues?: string | undefined;
    /** The people it names (their ids), beside those that its text names as `@display name`. */
    readonly mentions?: readonly string[] | undefined;
}
/** What one can do in a session. Each promise settles when the server has answered; while offline it waits. */
export declare abstract class SessionCommands {
    #private;
    readonly sessionId: string;
    protected readonly host: StoreHost;
    constructor(sessionId: string, host: StoreHost);
    /** Sends a message and shows it as pending until the transcript has it. */
    protected abstract post(message: PendingMessage): Promise<Ack>;
    /** The reply that is being written. */
    protected abstract runningReply(): string | undefined;
    /** Asks Claude. The prompt is shown at once, as pending. */
    askClaude(content: string, options?: AskOptions): Promise<Ack>;
    /** Speaks to people. Shown at once, as pending. */
    chat(content: string, options?: Omit<AskOptions, "continues">): Promise<Ack>;
    /** Changes a message of one's own between people; makes no branch. */
    editMessage(messageId: string, content: string): Promise<Ack>;
    /** Deletes a message: a tombstone is left. */
    deleteMessage(messageId: string): Promise<Ack>;
    /** Stops a reply, or takes a waiting prompt back; without an id, the running reply. */
    cancel(messageId?: string | undefined): Promise<Ack>;
    /** Changes a prompt that still waits. */
    editQueued(messageId: string, content: string): Promise<Ack>;
    /** Asks the same again, as a sibling of the reply. */
    regenerate(messageId: string): Promise<Ack>;
    /** Asks something else instead, as a sibling of the prompt. */
    editPrompt(messageId: string, content: string): Promise<Ack>;
    /** Shows everyone the branch that the message is on. */
    selectBranch(messageId: string): Promise<Ack>;
    /** Makes a new session from the branch up to a message; gives its id. */
    fork(messageId: string): Promise<string>;
    /** Gives the session another title. */
    rename(title: string): Promise<Ack>;
    /** Chooses who answers from the next prompt on; what is left out stays. */
    configure(choice: {
        readonly model?: string;
        readonly effort?: Effort;
    }): Promise<Ack>;
    /** Makes the session read-only. */
    close(): Promise<Ack>;
    /** Makes it writable again. */
    reopen(): Promise<Ack>;
    /** Deletes the session, for everyone. */
    remove(): Promise<Ack>;
    /** The command that says a message. */
    protected sendMessage(message: PendingMessage): Promise<Ack>;
}

// session/host.d.ts
import type { CommandData } from "@madang/protocol";
import type { Report } from "../listeners.js";
import type { Settings } from "../settings.js";
import type { ClientStats } from "../stats.js";
import type { Answer, Clock, CommandType, SendOptions } from "../types.js";
import type { PendingMessage } from "./state.js";
/** What stores need of the client. */
export interface StoreHost {
    readonly settings: Settings;
    readonly clock: Clock;
    readonly stats: ClientStats;
    readonly report: Report;
    /** Sends a command. */
    send<T extends CommandType>(type: T, data: CommandData[T], options?: SendOptions): Promise<Answer<T>>;
    /** Takes a command back. */
    drop(id: string): void;
    /** Whether a command waits that was never handed to a socket. */
    isUnsent(id: string): boolean;
    /** Whether commands flow. */
    connected(): boolean;
    /** Who one is; undefined before the first `connected`. */
    userId(): string | undefined;
    /** Keeps a session's pending messages over a reload. */
    keep(sessionId: string, messages: readonly PendingMessage[]): void;
    /** A fresh command id. */
    newId(): string;
}

// session/reply.d.ts
import type { ClaudeResponse, Part, RunningTurn } from "@madang/protocol";
/** A reply that is being written, as far as it has come. */
export interface RunningReply {
    readonly turnId: string;
    readonly promptId: string;
    readonly messageId: string;
    /** The number of the last delta in it. */
    readonly n: number;
    /** Its typed parts; a part that has not changed is the same object as before. */
    readonly parts: readonly Part[];
    /** Its text parts joined. */
    readonly text: string;
}
/** Puts a running reply together from deltas and snapshots (DC2, RS2). A delta costs the same however long the reply is. */
export declare class ReplyAssembler {
    #private;
    readonly turnId: string;
    readonly promptId: string;
    readonly messageId: string;
    /** True from the loss of a connection to the next snapshot: deltas may be missing, as a prefix alone. */
    doubtful: boolean;
    constructor(turn: RunningTurn);
    /** The number of the last delta in it. */
    get n(): number;
    /** Takes a delta or a snapshot; false when it brings nothing new. */
    take(data: ClaudeResponse): boolean;
    /** The reply so far, immutable; the same object until something comes. */
    snapshot(): RunningReply;
}
/** The text parts joined: what a reply's `content` is. */
export declare function textOf(parts: readonly Part[]): string;

// session/state.d.ts
import type { Author, Budget, Effort, ErrorCode, Invitation, Message, Participant, Presence, QueuedTurn, SessionSummary, Spent } from "@madang/protocol";
import type { MadangError } from "../errors.js";
/** How much of a session is here. */
export type SessionPhase = 
/** Nobody has asked for it. */
"idle"
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
    readonly running: {
        readonly turnId: string;
        readonly promptId: string;
        readonly messageId: string;
    } | null;
    /** Prompts that wait, the next one first. */
    readonly queued: readonly QueuedTurn[];
    /** Why the running reply does not go on just now. */
    readonly waiting: Waiting | null;
    /** One's own messages that are not in the transcript yet, oldest first. */
    readonly pending: readonly PendingMessage[];
}
/** A session before anything is known of it. */
export declare function emptySnapshot(sessionId: string): SessionSnapshot;

// session/store.d.ts
import type { Ack, ResumePoint } from "@madang/protocol";
import { MadangError } from "../errors.js";
import type { Envelope, Readable } from "../types.js";
import { SessionCommands } from "./commands.js";
import type { StoreHost } from "./host.js";
import type { RunningReply } from "./reply.js";
import { type PendingMessage, type SessionSnapshot } from "./state.js";
/** One session as this client sees it: followed while someone reads, and right again after every lost connection. */
export declare class SessionStore extends SessionCommands implements Readable<SessionSnapshot> {
    #private;
    constructor(sessionId: string, host: StoreHost);
    /** Calls `listener` after each change but those of the running reply's text. Reading alone does not follow; see `follow`. */
    readonly subscribe: (listener: () => void) => (() => void);
    readonly getSnapshot: () => SessionSnapshot;
    /** The running reply; changes at most once a frame while text streams in. */
    get reply(): Readable<RunningReply | null>;
    /** Whether the session is, or is to be, followed on the server. */
    get followed(): boolean;
    /** How many follow it here. */
    get readers(): number;
    /** Keeps the session up to date until the returned function is called, and a little longer. */
    follow(): () => void;
    /** Lets go of it now, if nobody follows it any more. */
    releaseNow(): void;
    /** Loads the page before the first message shown. */
    loadOlder(): Promise<void>;
    /** Sends a failed message again. */
    retry(pendingId: string): void;
    /** Takes back a message that failed or waits for a connection. */
    discard(pendingId: string): void;
    /** Puts an emoji under a message, or takes one's own away. Shown at once, and undone if it is refused. */
    react(messageId: string, emoji: string, on?: boolean): Promise<void>;
    /** Says that one is typing, or no longer is; to be called at every key. Sending a message says that one no longer is. */
    setTyping(typing: boolean): void;
    /** One has read up to a message, or all. The mark only ever moves on; it is told to the server a moment later. */
    markRead(messageId?: string | undefined): void;
    /** Where this client stands, for `hello`; undefined when it needs a snapshot. Called by the client. */
    resumePoint(): ResumePoint | undefined;
    /** Makes the next answer a snapshot. Called by the client. */
    invalidate(): void;
    /** Commands flow again; `hello` has asked for this session already if `resumed`. Called by the client. */
    connected(resumed: boolean): void;
    /** `hello` was refused for this session; without `error`, for one that was not named. Called by the client. */
    resumeRefused(error?: MadangError): void;
    /** Takes up the messages that an earlier page left. Called by the client. */
    restore(messages: readonly PendingMessage[]): void;
    /** The connection is lost; what is here stays. Called by the client. */
    lost(): void;
    /** Someone else is signed in: nothing here is theirs. Called by the client. */
    renew(): void;
    /** Takes in an event of this session. Called by the client. */
    receive(envelope: Envelope): void;
    protected post(message: PendingMessage): Promise<Ack>;
    protected runningReply(): string | undefined;
}

// settings.d.ts
/** Every time, size and count of the SDK, each with its unit and reason. All times can be changed by `ClientOptions.settings`. */
export interface Settings {
    /** Milliseconds for credentials and the WebSocket handshake; beyond, the attempt counts as failed. */
    readonly openMs: number;
    /** Milliseconds from the open socket to `connected` (the server allows 10 s for `hello`, CN4). */
    readonly helloMs: number;
    /** Milliseconds of silence after which the client asks with a `ping` (CN5: JavaScript can't see WebSocket pings). */
    readonly pingAfterMs: number;
    /** Milliseconds for the answer to that `ping`; beyond, the peer is dead. */
    readonly pongMs: number;
    /** Milliseconds for the answer to a `ping` sent because the machine woke up or the network changed. */
    readonly probeMs: number;
    /** Milliseconds between looks at the clock; a look that comes `sleepMs` late means that the machine slept. */
    readonly tickMs: number;
    /** Milliseconds a look may be late before it counts as sleep. */
    readonly sleepMs: number;
    /** Milliseconds of the first back-off ceiling (CN7). */
    readonly backoffFirstMs: number;
    /** Milliseconds of the highest back-off ceiling (CN7). */
    readonly backoffMaxMs: number;
    /** Milliseconds: the least wait between two attempts, so that jitter never makes a hot loop. */
    readonly backoffLeastMs: number;
    /** Milliseconds of jitter for close codes that say "at once" (CN6: 4200-4299). */
    readonly soonJitterMs: number;
    /** Milliseconds: no hint of the server is obeyed beyond this. */
    readonly hintMaxMs: number;
    /** Milliseconds a connection must live before its end starts the back-off afresh. */
    readonly stableMs: number;
    /** Milliseconds from `disconnected` to the close that it announces; then the client closes itself. */
    readonly goodbyeMs: number;
    /** Milliseconds of connected time that a command may go unanswered; beyond, it fails with `TIMEOUT`. */
    readonly answerMs: number;
    /** Milliseconds that a session stays followed after the last reader has left: remounts and steps back cost nothing. */
    readonly lingerMs: number;
}
/** The settings without any of one's own. */
export declare const DEFAULT_SETTINGS: Settings;

// stats.d.ts
/** Counters for diagnosis; they only grow. */
export interface ClientStats {
    /** Connections that reached `connected`. */
    connections: number;
    /** Text frames read. */
    frames: number;
    /** Frames and envelopes that could not be read. */
    garbage: number;
    /** Handlers that threw. */
    handlerErrors: number;
    /** Times a session was asked for afresh because an event was missing. */
    gaps: number;
    /** Events and deltas dropped because they were known already. */
    duplicates: number;
    /** Final replies whose text was not the text of their deltas; should stay 0 (DC2). */
    textMismatches: number;
    /** Commands sent again after a reconnection. */
    resent: number;
}
/** Counters at zero. */
export declare function newStats(): ClientStats;

// types.d.ts
import type { Ack, CommandData, Connected, EventData, History, InviteCreated, Invites, Models, Pong, ReadMarked, Resumed, Revisions, SearchResults, SessionState, SessionStatusData, Sessions, Summary } from "@madang/protocol";
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
export type WhyKey = "lost" | "no_answer" | "handshake_failed" | "credentials_failed" | "restarting" | "overloaded" | "too_slow" | "server_fault" | "token_expired" | "state_invalidated" | "refused_message" | "credential_refused" | "signed_out" | "forbidden" | "no_such_session" | "never_again" | "goodbye";
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
{
    readonly status: "idle";
}
/** The first attempt is under way. */
 | {
    readonly status: "connecting";
}
/** Commands and events flow. */
 | {
    readonly status: "connected";
    readonly since: number;
}
/** Lost; comes back by itself at `retryAt` (null: this very moment). */
 | {
    readonly status: "reconnecting";
    readonly attempt: number;
    readonly retryAt: number | null;
    readonly why: Why;
}
/** The machine has no network; comes back by itself when it has. */
 | {
    readonly status: "offline";
    readonly retryAt: number | null;
    readonly why: Why;
}
/** Ended by the server for good; `connect` tries again. */
 | ({
    readonly status: "closed";
} & Why);
/** How the client proves who it is: a ticket, a token that is exchanged for a ticket, or nothing (the login cookie, or a guest). */
export type Credential = {
    readonly ticket: string;
} | {
    readonly token: string;
} | null;
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
    readonly client?: {
        readonly name: string;
        readonly version: string;
    } | undefined;
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
