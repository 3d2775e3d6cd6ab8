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

// codemirror.d.ts
/** A CodeMirror 6 editor on a shared document. Needs `@codemirror/state` and `@codemirror/view`. */
export { type BindingOptions, bindDocument, fromElsewhere } from "./codemirror/binding.js";
export { type Caret, caretsField, setCarets } from "./codemirror/carets.js";

// codemirror/binding.d.ts
import { type Extension } from "@codemirror/state";
import type { DocumentStore } from "../documents/store.js";
/** Marks what comes from the document: it is not sent, and one's own undo leaves it alone. */
export declare const fromElsewhere: import("@codemirror/state").AnnotationType<DocumentStore>;
/** How an editor is bound. */
export interface BindingOptions {
    /** Whether the others' carets and selections are shown; by default they are. */
    readonly carets?: boolean | undefined;
    /** Whether the others are shown where one is; by default they are. */
    readonly tells?: boolean | undefined;
}
/**
 * Keeps one editor equal to a document: `new EditorView({ extensions: [bindDocument(store), …] })`.
 *
 * The editor takes no edits before the document's text is in it. Opening the document is the caller's (`store.open`). Undo is
 * the editor's own (`history()`), and leaves alone what comes from elsewhere. An extension is for one editor.
 */
export declare function bindDocument(store: DocumentStore, options?: BindingOptions): Extension;

// codemirror/carets.d.ts
import { type Extension, StateField } from "@codemirror/state";
import { type DecorationSet } from "@codemirror/view";
import type { RemoteCursor } from "../documents/state.js";
/** Someone else's place in an editor. */
export type Caret = RemoteCursor;
/** What an editor shows of the others. */
interface Carets {
    readonly cursors: readonly Caret[];
    readonly decorations: DecorationSet;
}
/** Shows these carets in place of those that are shown. */
export declare const setCarets: import("@codemirror/state").StateEffectType<readonly RemoteCursor[]>;
/** The carets that are shown; between two words of the document they move with the text. */
export declare const caretsField: StateField<Carets>;
/** The others' carets and selections, drawn with their colours; a caret's name is shown on hover and read aloud. */
export declare const carets: Extension;
export {};

// documents.d.ts
/** Shared documents of a session: several people type in one text at once (DO). Needs `@codemirror/state`, whose changes travel. */
export { type Draft, type DraftKeeper, keepDraftsIn } from "./documents/drafts.js";
export { type ClientDocuments, type DocumentsOptions, documentsOf, type SessionDocuments, } from "./documents/session.js";
export type { Conflict, DocumentSnapshot, DocumentStatus, RemoteCursor, Resolution, } from "./documents/state.js";
export { DocumentStore, type DocumentView, type EditOptions } from "./documents/store.js";

// documents/drafts.d.ts
import type { OutboxStorage } from "../types.js";
import type { Mirror } from "./mirror.js";
import type { Conflict } from "./state.js";
import { type ChangeJson } from "./text.js";
/** What of a document the server does not have, as it outlives a page. */
export interface Draft {
    readonly epoch: string;
    /** The version that `sent` changes. */
    readonly version: number;
    readonly sent: {
        readonly id: string;
        readonly change: ChangeJson;
    } | null;
    readonly buffer: ChangeJson | null;
    readonly conflicts: readonly Omit<Conflict, "error">[];
}
/** Keeps what was typed and not saved. May throw; that is reported and costs nothing else. */
export interface DraftKeeper {
    /** What this user left of a document. Another person's drafts are let go. */
    read(userId: string, sessionId: string, document: number): Draft | null;
    /** Keeps what there is of a document in place of what was; null: there is nothing. */
    keep(userId: string, sessionId: string, document: number, draft: Draft | null): void;
}
/** Keeps drafts in a `Storage`: `documentsOf(client, { keeper: keepDraftsIn(sessionStorage) })`. One keeper for one client. */
export declare function keepDraftsIn(storage: OutboxStorage): DraftKeeper;
/** What of a mirror is to outlive the page; null when nothing is. */
export declare function draftOf(mirror: Mirror, conflicts: readonly Conflict[]): Draft | null;

// documents/mirror.d.ts
import type { ChangeSet, Text } from "@codemirror/state";
import { type ChangeLimits } from "./split.js";
/** A change on its way to the server, as it is now: moved over everything that was accepted before it. */
export interface Outgoing {
    /** Its name, the same however often it is sent. */
    readonly id: string;
    readonly change: ChangeSet;
}
/** What of one's own is not in the server's text. */
export interface Unsent {
    readonly sent: Outgoing | null;
    readonly buffer: ChangeSet | null;
}
/**
 * One document as it is here: the server's text of a version, what was sent and has no answer, and what was typed since.
 *
 * What was sent is one change, and what was typed since is one other (DO9): each is composed before it is moved, and never
 * put together of parts that were moved apart. What comes from others is taken one by one, never composed.
 */
export declare class Mirror {
    #private;
    readonly epoch: string;
    constructor(epoch: string, version: number, text: string);
    /** The server's version. */
    get version(): number;
    /** The server's text of that version. */
    get server(): Text;
    /** The text as it is shown: with everything of one's own. */
    get text(): Text;
    /** What was sent and has no answer. */
    get sent(): Outgoing | null;
    /** What is not in the server's text; null when nothing is. */
    get unsent(): Unsent | null;
    /** One has changed the text that is shown. */
    edit(change: ChangeSet): void;
    /** Whether what was typed can be sent: it cuts no surrogate pair. */
    get whole(): boolean;
    /** Makes what was typed such that it can be sent; gives what that does to the text that is shown. */
    mend(): ChangeSet | null;
    /** What is to be sent now: what had no answer; or what was typed, or as much of it as one change may be. */
    take(limits: ChangeLimits, newId: () => string): Outgoing | null;
    /** The server has accepted a change of someone else; gives what it does to the text that is shown. */
    receive(json: unknown): ChangeSet;
    /** The server has accepted what was sent; false when it has accepted something else under that name. */
    confirm(json: unknown): boolean;
    /** Takes up what an earlier page left; throws when it is no change of this text. */
    restore(sent: {
        readonly id: string;
        readonly change: unknown;
    } | null, buffer: unknown): void;
    /** A place in the server's text of a version, as one in the text that is shown; clipped where that can't be told. */
    place(at: number, version: number, assoc: -1 | 1): number;
}

// documents/session.d.ts
import type { Ack, DocumentSummary } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import type { DraftKeeper } from "./drafts.js";
import { DocumentStore } from "./store.js";
/** What a client's documents are made with. */
export interface DocumentsOptions {
    /** Keeps unsent edits over a reload; see `keepDraftsIn`. By default nothing does. */
    readonly keeper?: DraftKeeper | undefined;
}
/** The documents of all sessions of one client. */
export declare class ClientDocuments {
    #private;
    constructor(client: MadangClient, options?: DocumentsOptions);
    /** Those of one session; the same object for the same id. */
    of(sessionId: string): SessionDocuments;
}
/** The documents of a client. The first call decides with which options. */
export declare function documentsOf(client: MadangClient, options?: DocumentsOptions): ClientDocuments;
/** The documents of one session: which there are is in its snapshot (`documents`), what they say is in their stores. */
export declare class SessionDocuments {
    #private;
    constructor(client: MadangClient, sessionId: string, options: DocumentsOptions);
    /** A document by its number; the same store for the same number. By default the one that every session has. */
    document(number?: number): DocumentStore;
    /** The document that has a name now; undefined if there is none, or the session is not followed. */
    find(name: string): DocumentSummary | undefined;
    /** Makes a document; gives its number. */
    create(name: string, text?: string): Promise<number>;
    /** Gives a document another name. */
    rename(document: number, name: string): Promise<Ack>;
    /** Deletes a document, for everyone. */
    remove(document: number): Promise<Ack>;
}

// documents/split.d.ts
import { ChangeSet } from "@codemirror/state";
/** What one change may take. */
export interface ChangeLimits {
    /** Bytes of its JSON. */
    readonly bytes: number;
    /** Its sections. */
    readonly sections: number;
}
/** Cuts a change in two that do the same one after the other; the first is within the limits. Null when all of it is. */
export declare function split(change: ChangeSet, limits: ChangeLimits): readonly [ChangeSet, ChangeSet | null];

// documents/state.d.ts
import type { Selection } from "@madang/protocol";
import type { MadangError } from "../errors.js";
/** How a document stands. */
export type DocumentStatus = 
/** Nobody has opened it. */
{
    readonly status: "closed";
}
/** Asked for; there is no text yet. */
 | {
    readonly status: "loading";
}
/** The server has on disk all that one typed. */
 | {
    readonly status: "saved";
}
/** Something is on its way. */
 | {
    readonly status: "saving";
}
/** There is no connection; one can go on typing, and what is `unsent` is sent when it is back. */
 | {
    readonly status: "offline";
    readonly unsent: boolean;
}
/** Edits could not be taken in; they are offered in `conflicts`, and what is typed meanwhile is sent. */
 | {
    readonly status: "conflict";
}
/** There is no such document any more, or none that one may know of. */
 | {
    readonly status: "gone";
    readonly error: MadangError;
}
/** Not allowed. */
 | {
    readonly status: "forbidden";
    readonly error: MadangError;
}
/** It could not be had; it is asked for again by itself. */
 | {
    readonly status: "failed";
    readonly error: MadangError;
};
/** Edits of one's own that the server did not take, kept until one decides. */
export interface Conflict {
    readonly id: string;
    /** The text that they were made in. Null when that is not known any more, after a reload. */
    readonly base: string | null;
    /** The text with them; where `base` is null, what was typed alone. */
    readonly mine: string;
    /** Why they were not taken; null when too much has happened since. */
    readonly error: MadangError | null;
}
/** What is made of a conflict: nothing; one's own text instead of what is there; or one's edits in what is there. */
export type Resolution = "theirs" | "mine" | "merged";
/** Where someone else is in the text that is shown. */
export interface RemoteCursor extends Readonly<Selection> {
    readonly userId: string;
    /** The name shown; empty while it is not known. */
    readonly name: string;
    /** As CSS. */
    readonly color: string;
}
/** A document but for its text. Immutable; a field that has not changed is the same object as before. */
export interface DocumentSnapshot {
    readonly sessionId: string;
    readonly document: number;
    /** Its name, by which its language is known; empty while it is not known. */
    readonly name: string;
    /** The server's version that is here; 0 before there is one. */
    readonly version: number;
    readonly state: DocumentStatus;
    /** Where the others are. */
    readonly cursors: readonly RemoteCursor[];
    /** Oldest first. */
    readonly conflicts: readonly Conflict[];
}

// documents/store.d.ts
import type { ChangeSet, Text } from "@codemirror/state";
import type { Selection } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import type { Readable } from "../types.js";
import { type DraftKeeper } from "./drafts.js";
import type { DocumentSnapshot, Resolution } from "./state.js";
/** Something that shows a document's text: an editor, by its binding. */
export interface DocumentView {
    /** The text that it shows, with LF alone. */
    text(): string;
    /** The text is another: changes what is shown, and does not take that for an edit. */
    apply(change: ChangeSet): void;
}
/** What goes with an edit. */
export interface EditOptions {
    /** The view it was made in, which shows it already. */
    readonly from?: DocumentView | undefined;
    /** Where one is in the text after it. */
    readonly selection?: Selection | null | undefined;
}
/** One document as this client sees it: open while someone reads, and right again after every lost connection. */
export declare class DocumentStore implements Readable<DocumentSnapshot> {
    #private;
    constructor(client: MadangClient, sessionId: string, document: number, keeper?: DraftKeeper);
    /** Calls `listener` after each change of anything but the text. Listening alone does not open it; see `open`. */
    readonly subscribe: (listener: () => void) => (() => void);
    readonly getSnapshot: () => DocumentSnapshot;
    /** Its text, with one's own edits; null before there is one. */
    get text(): Text | null;
    /** Keeps it open until the returned function is called, and a little longer; until all is saved in any case. */
    open(): () => void;
    /** Keeps a view equal to the text, as soon as there is one, until the returned function is called. */
    attach(view: DocumentView): () => void;
    /** Changes the text that is shown. False, and nothing is done, while there is none. */
    edit(change: ChangeSet, options?: EditOptions): boolean;
    /** Makes the text another, with as few changes as that takes. */
    replaceAll(text: string): boolean;
    /** Says where one is in the text that is shown; null: nowhere. */
    select(selection: Selection | null): void;
    /** Decides what is made of edits that were not taken. */
    resolve(conflictId: string, how: Resolution): void;
}

// documents/text.d.ts
import { ChangeSet, Text } from "@codemirror/state";
/** A change as it travels (DO2). */
export type ChangeJson = (number | [number, ...string[]])[];
/** Text with LF alone, whatever ends its lines (DO1). */
export declare function normalised(text: string): string;
/** A text as CodeMirror keeps it. */
export declare function textOf(text: string): Text;
/** Reads a change that came; throws when it is none, or none of a text this long. */
export declare function changeFrom(json: unknown, length: number): ChangeSet;
/** A change as it is sent. */
export declare function jsonOf(change: ChangeSet): ChangeJson;
/** The change with the fewest characters in one place that makes one text the other; no surrogate pair is cut. */
export declare function difference(before: string, after: string): ChangeSet;
/** Whether a place in a text is in the middle of a surrogate pair. */
export declare function cutsPair(text: string, at: number): boolean;

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

// http.d.ts
/** The HTTP side of a Madang server: accounts, administration, export and import. Apart from the core, which needs none of it. */
export { type ClientErrorCode, MadangError } from "./errors.js";
export { AccountHttp } from "./http/account.js";
export { AdminHttp } from "./http/admin.js";
export { createHttp, type ExportFormat, type HttpOptions, inviteCodeOf, inviteLink, MadangHttp, } from "./http/http.js";
export type * from "./http/types.js";

// http/account.d.ts
import type { Requests } from "./request.js";
import type { ApiToken, Bootstrap, InviteLook, LinkedIdentities, Login, Me, MeChange, NewApiToken, SignUp, Site, TokenWish } from "./types.js";
/** Who one is: signing in and out, one's profile, logins and tokens. */
export declare class AccountHttp {
    #private;
    protected readonly requests: Requests;
    /** `changed` is called when one has become someone else, or nobody. */
    constructor(requests: Requests, changed: (me: Me | null) => void);
    /** What the server says of itself to anyone. */
    site(signal?: AbortSignal): Promise<Site>;
    /** Oneself; null when one is nobody here. Never makes one a guest. */
    me(signal?: AbortSignal): Promise<Me | null>;
    /** Changes one's profile. */
    updateMe(change: MeChange): Promise<Me>;
    /** Signs in. INVALID_AUTH for a wrong name or password, RATE_LIMITED after too many. */
    login(name: string, password: string): Promise<Me>;
    /** Signs out in this browser. */
    logout(): Promise<void>;
    /** Makes an account and signs in. FORBIDDEN where sign-up is closed, NOT_FOUND for a bad code, CONFLICT for a taken name. */
    signUp(data: SignUp): Promise<Me>;
    /** Makes the first administrator and signs in; works once. */
    bootstrap(data: Bootstrap): Promise<Me>;
    /** Changes one's password; ends all other logins and all tokens. `old` is left out where there is none yet. */
    changePassword(password: {
        readonly old?: string | undefined;
        readonly new: string;
    }): Promise<void>;
    /** Where one is signed in. */
    logins(): Promise<readonly Login[]>;
    /** Ends one login. */
    endLogin(loginId: string): Promise<void>;
    /** Ends all other logins, or all. */
    endLogins(which?: "others" | "all"): Promise<void>;
    /** The identities elsewhere that are linked to one's account. */
    identities(): Promise<LinkedIdentities>;
    /** Takes one away. CONFLICT for the last way in. Signing in with a provider is how one is added: `oidcLink`. */
    unlinkIdentity(identityId: string): Promise<void>;
    /** One's personal tokens. */
    tokens(): Promise<readonly ApiToken[]>;
    /** Makes a personal token; its secret is in the answer, this once. */
    createToken(wish: TokenWish): Promise<NewApiToken>;
    /** Ends a token. */
    revokeToken(tokenId: string): Promise<void>;
    /** What an invite link lets one into; null for a code that lets nobody in. */
    lookInvite(code: string): Promise<InviteLook | null>;
    /** The address at which signing in with an identity provider begins; to be navigated to. */
    oidcStart(providerId: string, returnTo?: string): string;
    /**
     * Begins to add an identity of a provider to one's account; gives the address to navigate to. The browser comes back
     * to `/settings?linked=ID`, or to `/login?error=CODE` where it did not come to that.
     */
    oidcLink(providerId: string): Promise<string>;
}

// http/admin.d.ts
import type { Budget } from "@madang/protocol";
import type { Requests } from "./request.js";
import type { AdminSession, AuditRecord, AuditVerdict, Budgets, Health, LiveConnection, NewUser, Page, SignUpInvite, UsageQuery, UsageRow, User, UserChange } from "./types.js";
/** What an administrator sees and does. Everyone else is told FORBIDDEN. */
export declare class AdminHttp {
    #private;
    constructor(requests: Requests);
    /** Accounts whose names contain `query`. */
    users(page?: Page): Promise<{
        readonly users: readonly User[];
        readonly next?: string;
    }>;
    /** Makes an account; a generated password is in the answer, this once. */
    createUser(user: NewUser): Promise<{
        readonly user: User;
        readonly password?: string;
    }>;
    /** Changes an account; a disabled one is out everywhere at once. */
    updateUser(userId: string, change: UserChange): Promise<User>;
    /** Gives an account a new password, which is in the answer, this once. */
    resetPassword(userId: string): Promise<string>;
    /** Ends all logins of an account. */
    endLogins(userId: string): Promise<void>;
    /** The links that only let people sign up. */
    invites(): Promise<readonly SignUpInvite[]>;
    /** Makes one; its code is in the answer, this once. */
    createInvite(wish?: {
        readonly expires_in_ms?: number;
        readonly uses?: number;
    }): Promise<{
        readonly invite: SignUpInvite;
        readonly code: string;
    }>;
    /** Ends one. */
    revokeInvite(inviteId: string): Promise<void>;
    /** The budgets of the server and of those people who have one, page by page. */
    budgets(page?: {
        readonly cursor?: string | undefined;
        readonly limit?: number | undefined;
    }): Promise<Budgets>;
    /** Limits what the whole server may spend; null takes the limit away. */
    setServerBudget(budget: Budget | null): Promise<void>;
    /** Limits what a person may spend; null takes the limit away. */
    setUserBudget(userId: string, budget: Budget | null): Promise<void>;
    /** The audit log, newest first, before a position. */
    audit(page?: {
        readonly before?: number;
        readonly limit?: number;
    }): Promise<readonly AuditRecord[]>;
    /** Checks that nobody has changed the audit log. */
    verifyAudit(): Promise<AuditVerdict>;
    /** All sessions, without content. */
    sessions(page?: Page): Promise<{
        readonly sessions: readonly AdminSession[];
        readonly next?: string;
    }>;
    /** What was used, summed up. */
    usage(query: UsageQuery): Promise<readonly UsageRow[]>;
    /** How the server is. */
    health(): Promise<Health>;
    /** Live connections, and how many there are in all. */
    connections(limit?: number): Promise<{
        readonly connections: readonly LiveConnection[];
        readonly total: number;
    }>;
}

// http/http.d.ts
import { AccountHttp } from "./account.js";
import { AdminHttp } from "./admin.js";
import { type RequestOptions } from "./request.js";
import type { Imported, Me } from "./types.js";
/** What `createHttp` takes; everything has a default in a browser. */
export interface HttpOptions extends RequestOptions {
    /**
     * Called when one has become someone else by a login or a sign-up, or nobody by a logout: `() => client.reauthenticate()`.
     *
     * Where there are no guests, nobody is refused only after a while; then `client.close()` for nobody shows it at once.
     */
    readonly onIdentity?: ((me: Me | null) => void) | undefined;
}
/** How a session is exported: to be read, or to be imported elsewhere. */
export type ExportFormat = "markdown" | "json";
/** Makes the HTTP side of a server. It asks nothing until it is asked. */
export declare function createHttp(options?: HttpOptions): MadangHttp;
/** The HTTP side of a server. What fails, fails with a `MadangError`, as commands do. */
export declare class MadangHttp extends AccountHttp {
    /** What an administrator sees and does. */
    readonly admin: AdminHttp;
    constructor(options: HttpOptions);
    /** The address of a session's export, for a link that downloads it. */
    exportUrl(sessionId: string, format: ExportFormat): string;
    /** A session's export, as it comes in. */
    exportSession(sessionId: string, format: ExportFormat, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;
    /** Makes sessions of an export: Madang's own, Claude's or ChatGPT's. At most 32 MiB of JSON. */
    importSessions(file: Blob | string, signal?: AbortSignal): Promise<Imported>;
}
/** The link that an invite code is given to people as. The code stands after the `#`, so that no server logs it. */
export declare function inviteLink(code: string, origin?: string): string;
/** The code in a link's fragment, or in text that someone pasted: a whole link or the code alone. Empty when there is none. */
export declare function inviteCodeOf(text: string): string;

// http/request.d.ts
/** Where the server's API is. */
export declare const API = "/api/v1";
/** What a request needs to know. */
export interface RequestOptions {
    /** The server: `https://host`; by default the page's own. Cookies go to the page's own alone: for another, give a token. */
    readonly url?: string | undefined;
    /** Asked before each request; what it gives goes into `Authorization`. Without it, the login cookie counts. */
    readonly token?: (() => Promise<string | null>) | undefined;
    /** By default the global one. */
    readonly fetch?: typeof fetch | undefined;
}
/** One request. */
export interface Call {
    readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    /** Query parameters; what is undefined is left out. No secret ever stands here. */
    readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
    /** Sent as JSON. */
    readonly body?: unknown;
    /** JSON that is text already; sent as it is. */
    readonly raw?: Blob | string | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly signal?: AbortSignal | undefined;
}
/** Makes requests of one server, and errors of its refusals. */
export declare class Requests {
    #private;
    constructor(options: RequestOptions);
    /** The full address of a path of the API. */
    address(path: string, query?: Call["query"]): string;
    /** Asks, and reads the JSON of the answer; undefined where there is none. */
    json<T>(path: string, call?: Call): Promise<T>;
    /** Asks, and gives the answer with its body unread. */
    open(path: string, call?: Call): Promise<Response>;
}

// http/types.d.ts
import type { Author, Budget, Invite, Role, SessionStatus, Spent, UnixMs } from "@madang/protocol";
/** What a credential reaches: reading; what one may do in sessions; all, the account and the server too. */
export type Scope = "read" | "write" | "full";
/** Who may sign up: nobody, who has a link, anyone. */
export type SignUpPolicy = "closed" | "invite" | "open";
/** What a server says of itself to anyone. */
export interface Site {
    readonly version: string;
    /** Whether one may come in without an account. */
    readonly guests: boolean;
    readonly sign_up: SignUpPolicy;
    /** Whether there is no administrator yet. */
    readonly bootstrap: boolean;
    /** Identity providers that one can sign in with. */
    readonly oidc: readonly {
        readonly id: string;
        readonly name: string;
    }[];
    /** Whether the simulated model answers. */
    readonly simulated: boolean;
}
/** Oneself. */
export interface Me {
    readonly user_id: string;
    /** The login name; null for a guest, and for whom an embedding application or an identity provider vouches. */
    readonly name: string | null;
    readonly display_name: string;
    /** A CSS colour. */
    readonly color: string;
    /** `en`, `ko`; null while none is chosen. */
    readonly language: string | null;
    readonly guest: boolean;
    readonly admin: boolean;
    readonly scope: Scope;
}
/** A colour that one can choose, by its place in the palette; empty: as follows from one's id. */
export type ColorChoice = "" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8";
/** What one may change of oneself; what is left out stays. */
export interface MeChange {
    readonly display_name?: string;
    readonly color?: ColorChoice;
    readonly language?: string;
}
/** What a sign-up takes. A guest keeps their id, and with it their sessions. */
export interface SignUp {
    readonly name: string;
    readonly password: string;
    readonly display_name: string;
    /** The code of an invite link, where sign-up is by invitation. */
    readonly code?: string;
    readonly language?: string;
}
/** What makes the first administrator. */
export interface Bootstrap {
    /** The secret of the one-use link that the server printed. */
    readonly token: string;
    readonly name: string;
    readonly password: string;
    readonly display_name: string;
}
/** One browser in which one is signed in. */
export interface Login {
    readonly login_id: string;
    readonly created_at: UnixMs;
    readonly seen_at: UnixMs;
    /** What the browser said it is: text from outside. */
    readonly agent: string;
    readonly address: string;
    /** Whether it is this one. */
    readonly current: boolean;
}
/** Who vouches for an identity: an identity provider, an embedding application, an issuer that is configured no more. */
export type IssuerKind = "provider" | "embedder" | "gone";
/** An identity elsewhere that is linked to one's account. */
export interface LinkedIdentity {
    readonly identity_id: string;
    readonly kind: IssuerKind;
    /** The issuer's short name here, as in `Site.oidc`; null for one that is gone. */
    readonly issuer_id: string | null;
    /** The issuer's name as people know it. */
    readonly issuer_name: string;
    readonly issuer: string;
    /** The issuer's name for the person: text from outside. */
    readonly subject: string;
    /** False for the last way in. */
    readonly removable: boolean;
}
/** The identities elsewhere of one's account. */
export interface LinkedIdentities {
    readonly identities: readonly LinkedIdentity[];
    /** Whether one can sign in with a password as well. */
    readonly password: boolean;
}
/** A personal token, without its secret. */
export interface ApiToken {
    readonly token_id: string;
    readonly name: string;
    readonly scope: Scope;
    readonly created_at: UnixMs;
    readonly expires_at: UnixMs;
    readonly used_at: UnixMs | null;
}
/** A new token, with its secret, which is shown this once. */
export interface NewApiToken extends ApiToken {
    readonly token: string;
}
/** What a personal token is made with. */
export interface TokenWish {
    readonly name: string;
    readonly scope: Scope;
    /** 1 to 365. */
    readonly expires_in_days: number;
}
/** What an invite link lets one into. */
export interface InviteLook {
    /** Null for a link that only lets people sign up. */
    readonly session_id: string | null;
    readonly title: string;
    readonly role: Role;
    /** Who made it. */
    readonly by: Author;
    /** Whether one may sign up with it. */
    readonly sign_up: boolean;
    readonly expires_at: UnixMs;
    /** Whether one belongs to the session already. */
    readonly member: boolean;
}
/** A session that an import made. */
export interface ImportedSession {
    readonly session_id: string;
    readonly title: string;
    readonly messages: number;
}
/** What an import made, and what it left out. */
export interface Imported {
    readonly sessions: readonly ImportedSession[];
    /** Conversations that could not be read. */
    readonly skipped: number;
}
/** An account, as an administrator sees it. */
export interface User {
    readonly user_id: string;
    readonly name: string | null;
    readonly display_name: string;
    readonly admin: boolean;
    readonly disabled_at: UnixMs | null;
    readonly created_at: UnixMs;
}
/** What an account is made with. Without a password, one is generated. */
export interface NewUser {
    readonly name: string;
    readonly display_name: string;
    readonly admin?: boolean;
    readonly password?: string;
}
/** What an administrator may change of an account. */
export interface UserChange {
    readonly admin?: boolean;
    readonly disabled?: boolean;
    readonly display_name?: string;
}
/** Which page of a list, and how long. */
export interface Page {
    readonly query?: string | undefined;
    readonly cursor?: string | undefined;
    readonly limit?: number | undefined;
}
/** An invite link as an administrator sees it: one that only lets people sign up; its role means nothing. */
export interface SignUpInvite extends Invite {
    readonly sign_up: boolean;
    readonly revoked_at: UnixMs | null;
}
/** A page of budgets beyond those of sessions: the server's, and of those people who have one. */
export interface Budgets {
    readonly server: Budget | null;
    /** What the server used in the present period of its budget; left out without one. */
    readonly server_used?: Spent;
    readonly items: readonly PersonBudget[];
    /** Left out on the last page. */
    readonly next_cursor?: string;
}
/** What a person may spend, and has spent. */
export interface PersonBudget {
    readonly user_id: string;
    /** The name to log in with; null for a guest. */
    readonly name: string | null;
    readonly display_name: string;
    readonly budget: Budget;
    /** In the present period of the budget. */
    readonly used: Spent;
}
/** A line of the audit log. */
export interface AuditRecord {
    readonly position: number;
    readonly at: UnixMs;
    readonly actor: string;
    readonly kind: string;
    readonly session: string | null;
    readonly target: string | null;
    readonly details: unknown;
    readonly address: string | null;
}
/** Whether the audit log is whole. */
export interface AuditVerdict {
    readonly whole: boolean;
    readonly lines?: number;
    readonly head?: string;
    /** The first line that is not as it was written. */
    readonly position?: number;
}
/** A session, as an administrator sees it: without content. */
export interface AdminSession {
    readonly session_id: string;
    readonly title: string;
    readonly status: SessionStatus;
    readonly created_at: UnixMs;
    readonly last_activity: UnixMs;
    readonly participant_count: number;
    readonly message_count: number;
    readonly present: number;
    readonly running: boolean;
}
/** By what usage is summed up. */
export type UsageBy = "day" | "user" | "session" | "model";
/** Which usage. */
export interface UsageQuery {
    readonly by: UsageBy;
    readonly from?: UnixMs | undefined;
    readonly to?: UnixMs | undefined;
    readonly limit?: number | undefined;
}
/** What was used, in one line of the sum. */
export interface UsageRow {
    readonly key: string;
    readonly label: string;
    readonly requests: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly tokens: number;
    readonly micro_usd: number;
}
/** How a model's upstream is. */
export interface ModelHealth {
    readonly model: string;
    readonly state: "ok" | "limited" | "broken";
    readonly [more: string]: unknown;
}
/** How the server is. */
export interface Health {
    readonly version: string;
    readonly started_at: UnixMs;
    readonly connections: number;
    readonly streams: number;
    readonly live_sessions: number;
    readonly running_turns: number;
    readonly waiting_turns: number;
    readonly simulated: boolean;
    /** Whether it is about to stop. */
    readonly draining: boolean;
    readonly store: {
        readonly healthy: boolean;
        readonly integrity: string;
    };
    readonly warnings: readonly string[];
    readonly models: readonly ModelHealth[];
}
/** A live connection. */
export interface LiveConnection {
    readonly connection_id: string;
    readonly user_id: string;
    readonly display_name: string;
    readonly protocol: string;
    readonly since: UnixMs;
    readonly address: string;
}

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
import type { ReadMarked, SessionSummary } from "@madang/protocol";
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
    read(sessionId: string, mark: ReadMarked): void;
    /** A session is gone. Called by the client. */
    forget(sessionId: string): void;
    protected fetch(): Promise<Partial<SessionsSnapshot>>;
}

// monaco.d.ts
/** A Monaco editor on a shared document. Monaco itself is not needed here: a model is anything of the shape of `MonacoModel`. */
export { bindMonaco, type MonacoBinding, type MonacoBindingOptions, type PlacedCursor, } from "./monaco/binding.js";
export type { MonacoChange, MonacoContentEvent, MonacoEdit, MonacoModel, MonacoPosition, MonacoRange, } from "./monaco/model.js";

// monaco/binding.d.ts
import type { RemoteCursor } from "../documents/state.js";
import type { DocumentStore } from "../documents/store.js";
import type { MonacoModel, MonacoPosition } from "./model.js";
/** How a model is bound. */
export interface MonacoBindingOptions {
    /** Told where the others are, in lines and columns, whenever that is new: to be drawn as decorations. */
    readonly onCursors?: ((cursors: readonly PlacedCursor[]) => void) | undefined;
}
/** Someone else's place in a model. */
export interface PlacedCursor extends RemoteCursor {
    readonly anchorPosition: MonacoPosition;
    readonly position: MonacoPosition;
}
/** A model that is kept equal to a document. */
export interface MonacoBinding {
    /** One is at a place of the model, or has selected from `anchor` to it; null: nowhere. */
    select(head: MonacoPosition | null, anchor?: MonacoPosition): void;
    /** Takes back one's own last edit, and nothing of anyone else; false when there is none. */
    undo(): boolean;
    /** Does again what was taken back last. */
    redo(): boolean;
    dispose(): void;
}
/** Keeps a Monaco model equal to a document until it is disposed of. Opening the document is the caller's (`store.open`). */
export declare function bindMonaco(store: DocumentStore, model: MonacoModel, options?: MonacoBindingOptions): MonacoBinding;

// monaco/model.d.ts
/** The part of Monaco that is used; `monaco.editor.ITextModel` fits. */
/** A place, from 1. */
export interface MonacoPosition {
    readonly lineNumber: number;
    readonly column: number;
}
/** A range, from 1. */
export interface MonacoRange {
    readonly startLineNumber: number;
    readonly startColumn: number;
    readonly endLineNumber: number;
    readonly endColumn: number;
}
/** A range that was replaced; its offsets are of the text before the event. */
export interface MonacoChange {
    readonly rangeOffset: number;
    readonly rangeLength: number;
    readonly text: string;
}
/** What a model says when its text was changed. */
export interface MonacoContentEvent {
    readonly changes: readonly MonacoChange[];
}
/** An edit of a model. */
export interface MonacoEdit {
    readonly range: MonacoRange;
    readonly text: string;
    readonly forceMoveMarkers?: boolean;
}
/** A text in Monaco. */
export interface MonacoModel {
    /** The text; `eol` 1 asks for LF. */
    getValue(eol?: number): string;
    /** Its length; `eol` 1 counts LF. */
    getValueLength(eol?: number): number;
    getEOL(): string;
    /** 0 is LF. */
    setEOL(eol: number): void;
    getPositionAt(offset: number): MonacoPosition;
    getOffsetAt(position: MonacoPosition): number;
    /** Edits without a step of undo. */
    applyEdits(edits: MonacoEdit[]): unknown;
    onDidChangeContent(listener: (event: MonacoContentEvent) => void): {
        dispose(): void;
    };
}

// people.d.ts
/** What is rarely done with a session, its people and its past; apart from the core, so that a page can load it when it is wanted. */
export { type InviteOptions, peopleOf, SessionPeople } from "./people/commands.js";
export { type InvitesSnapshot, InvitesStore } from "./people/invites.js";
export { grantable, may } from "./people/rights.js";
export { type SearchSnapshot, SearchStore, snippetOf } from "./people/search.js";

// people/commands.d.ts
import type { Ack, Budget, Invite, InviteCreated, Revision, Right, Role, Summary } from "@madang/protocol";
import type { MadangClient } from "../client.js";
/** What one can do with the people, links, budget and past of a session. */
export declare function peopleOf(client: MadangClient, sessionId: string): SessionPeople;
/** See `peopleOf`. Whoever `target` is: a user id, a login name, or the subject an embedding application knows them by. */
export declare class SessionPeople {
    #private;
    constructor(client: MadangClient, sessionId: string);
    /** Ends one's membership (presence alone: `SessionStore.leavePresence`). An owner gives the session away first. */
    leave(): Promise<Ack>;
    /** Asks someone in by name. */
    invite(target: string, role: Role): Promise<Ack>;
    /** Ends someone's membership, or takes their invitation back. */
    remove(target: string): Promise<Ack>;
    /** Gives someone another role, and these rights on top of it; see `grantable`. */
    setRole(target: string, role: Role, rights?: readonly Right[]): Promise<Ack>;
    /** Gives the session to another of its people. */
    transfer(target: string): Promise<Ack>;
    /** Makes a link that lets people in. Its code is given this once; see `inviteLink` of `@madang/client/http`. */
    createInvite(role: Role, options?: InviteOptions): Promise<InviteCreated>;
    /** The links that still hold, newest first. */
    listInvites(): Promise<readonly Invite[]>;
    /** Ends a link. */
    revokeInvite(inviteId: string): Promise<Ack>;
    /** Limits what the session may spend; null takes the limit away. */
    setBudget(budget: Budget | null): Promise<Ack>;
    /** The texts that a message once had, oldest first; the last is the one it has. */
    revisions(messageId: string): Promise<readonly Revision[]>;
    /** What happened since a message, in Claude's words and for oneself alone; without one, since what one has read. */
    summarize(since?: string, signal?: AbortSignal): Promise<Summary>;
}
/** How long an invite link holds, and for how many. */
export interface InviteOptions {
    /** Milliseconds, at most 30 days; 7 days when left out. */
    readonly expiresInMs?: number | undefined;
    /** How many people it lets in; one when left out. */
    readonly uses?: number | undefined;
}

// people/invites.d.ts
import type { Invite, InviteCreated, Role } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { type MadangError } from "../errors.js";
import type { Readable } from "../types.js";
import { type InviteOptions } from "./commands.js";
/** The links into a session as they are shown. */
export interface InvitesSnapshot {
    /** Nothing asked yet; on its way for the first time; here; could not be had. */
    readonly status: "idle" | "loading" | "ready" | "failed";
    /** Newest first. */
    readonly invites: readonly Invite[];
    readonly error: MadangError | null;
}
/** The links into a session that still hold; loaded when someone first listens. */
export declare class InvitesStore implements Readable<InvitesSnapshot> {
    #private;
    constructor(client: MadangClient, sessionId: string);
    readonly getSnapshot: () => InvitesSnapshot;
    /** Listening loads them. */
    readonly subscribe: (listener: () => void) => (() => void);
    /** Asks again. Never fails; the snapshot says what went wrong. */
    reload(): Promise<void>;
    /** Makes a link; its code is in the answer, and nowhere else. */
    create(role: Role, options?: InviteOptions): Promise<InviteCreated>;
    /** Ends a link. */
    revoke(inviteId: string): Promise<void>;
}

// people/rights.d.ts
import type { Participant, Right, Role } from "@madang/protocol";
/** The rights that can be granted on top of a role. */
export declare function grantable(role: Role): readonly Right[];
/** Whether someone has a right, by role or by grant. The server decides; this is to show what it will say. */
export declare function may(person: Pick<Participant, "role" | "rights"> | undefined, right: Right): boolean;

// people/search.d.ts
import type { SearchHit } from "@madang/protocol";
import type { MadangClient } from "../client.js";
import { type MadangError } from "../errors.js";
import type { Readable } from "../types.js";
/** What a search has found so far. */
export interface SearchSnapshot {
    /** Nothing is looked for; on its way (what was found before is still here); here; could not be had. */
    readonly status: "idle" | "loading" | "ready" | "failed";
    /** What is looked for. */
    readonly query: string;
    /** Newest first. */
    readonly hits: readonly SearchHit[];
    /** Whether `loadMore` has something to load. */
    readonly hasMore: boolean;
    readonly loadingMore: boolean;
    readonly error: MadangError | null;
}
/** A search over the messages of all sessions that one may see, or of one session. The newest query counts. */
export declare class SearchStore implements Readable<SearchSnapshot> {
    #private;
    constructor(client: MadangClient, sessionId?: string);
    readonly getSnapshot: () => SearchSnapshot;
    readonly subscribe: (listener: () => void) => (() => void);
    /** Looks for other words, once they have stood for a moment. */
    find(query: string): void;
    /** Loads the next page. */
    loadMore(): void;
}
/** A hit's text in pieces: what matched, and what stands around it. Text from others: to be shown as text. */
export declare function snippetOf(hit: SearchHit): readonly {
    readonly text: string;
    readonly matched: boolean;
}[];

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
import type { Author, Budget, DocumentSummary, Effort, ErrorCode, Invitation, Message, Participant, Presence, QueuedTurn, SessionSummary, Spent } from "@madang/protocol";
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
    /** Its shared documents, oldest first. */
    readonly documents: readonly DocumentSummary[];
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
    /** Ends one's presence at once, whoever still reads; what is here stays, and `follow` begins anew. */
    leavePresence(): void;
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
    /**
     * One has read up to a message, or all; up to the last one of the branch means all, on whichever branch.
     *
     * The mark only ever moves on; it is shown at once, and told to the server a moment later.
     */
    markRead(messageId?: string): void;
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
    /** Milliseconds from the open socket to `connected`; more than the 10 s after which the server refuses who gave no credential (CN1). */
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
import type { Ack, Blame, CommandData, Connected, DocumentResumed, DocumentState, DocumentVersion, EventData, History, InviteCreated, Invites, Models, Pong, ReadMarked, Resumed, Revisions, SearchResults, SessionState, SessionStatusData, Sessions, Summary, Versions } from "@madang/protocol";
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
