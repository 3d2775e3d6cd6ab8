// What this package offers. A test fails when it changes; `npx vitest run -u surface` writes it again.

// MadangProvider.d.ts
import type { MadangClient } from "@madang/client";
import { type ReactNode } from "react";
/** What the provider takes. */
export interface MadangProviderProps {
    /** Made once, outside of components. */
    readonly client: MadangClient;
    /** Whether the provider connects when it is mounted. On by default; it never disconnects, since others may use the client. */
    readonly connect?: boolean;
    readonly children?: ReactNode;
}
/** Gives a client to the hooks below it. */
export declare function MadangProvider({ client, connect, children }: MadangProviderProps): ReactNode;

// documents.d.ts
/** The hook for shared documents; apart, since it needs what `@madang/client/documents` needs. */
export { type SharedDocument, useDocument } from "./useDocument.js";

// index.d.ts
/** React hooks over `@madang/client`: one subscription each, nothing else. */
export { MadangProvider, type MadangProviderProps } from "./MadangProvider.js";
export { type SessionBudget, useBudget } from "./useBudget.js";
export { useClient } from "./useClient.js";
export { useConnection } from "./useConnection.js";
export { useEvent } from "./useEvent.js";
export { useInvitations } from "./useInvitations.js";
export { type InvitesList, useInvites } from "./useInvites.js";
export { useMay } from "./useMay.js";
export { useMembership } from "./useMembership.js";
export { useMessages } from "./useMessages.js";
export { useModels } from "./useModels.js";
export { useParticipants } from "./useParticipants.js";
export { usePending } from "./usePending.js";
export { usePeople } from "./usePeople.js";
export { usePresence } from "./usePresence.js";
export { useReadable } from "./useReadable.js";
export { useRunningReply } from "./useRunningReply.js";
export { type Search, useSearch } from "./useSearch.js";
export { type Send, useSend } from "./useSend.js";
export { useServer } from "./useServer.js";
export { useSession } from "./useSession.js";
export { useSessionPart } from "./useSessionPart.js";
export { useSessionStore } from "./useSessionStore.js";
export { type SessionsList, useSessions } from "./useSessions.js";
export { useTyping } from "./useTyping.js";
export { type Unread, useUnread } from "./useUnread.js";

// useBudget.d.ts
import type { Ack, Budget, Spent } from "@madang/client";
/** What a session may spend, what it has spent, and how to change the former. */
export interface SessionBudget {
    /** Null when there is none. */
    readonly budget: Budget | null;
    /** In the budget's period, or today where there is none. */
    readonly spent: Spent;
    /** Changes it; null takes it away. */
    readonly setBudget: (budget: Budget | null) => Promise<Ack>;
}
/** A session's budget. */
export declare function useBudget(sessionId: string): SessionBudget;

// useClient.d.ts
import type { MadangClient } from "@madang/client";
/** The client of the provider above. */
export declare function useClient(): MadangClient;

// useConnection.d.ts
import type { ConnectionState } from "@madang/client";
/** How the connection stands. */
export declare function useConnection(): ConnectionState;

// useDocument.d.ts
import { type DocumentSnapshot, type DocumentStore, type Resolution } from "@madang/client/documents";
/** A shared document but for its text, and what one can do with it. */
export interface SharedDocument extends DocumentSnapshot {
    /** For the binding of an editor; the same object as long as the document is the same. */
    readonly store: DocumentStore;
    /** Decides what is made of edits that were not taken. */
    readonly resolve: (conflictId: string, how: Resolution) => void;
}
/** A document of a session, by default the one that every session has; open while the component is mounted. */
export declare function useDocument(sessionId: string, document?: number): SharedDocument;

// useEvent.d.ts
import type { EventType, Handler } from "@madang/client";
/** Hears one type of event while the component is mounted; always calls the newest `handler`. */
export declare function useEvent<T extends EventType>(type: T, handler: Handler<T>): void;

// useInvitations.d.ts
import type { Invited } from "@madang/client";
/** The sessions that one was asked into and has not entered, newest first. */
export declare function useInvitations(): readonly Invited[];

// useInvites.d.ts
import type { InviteCreated, Role } from "@madang/client";
import { type InviteOptions, type InvitesSnapshot } from "@madang/client/people";
/** The links into a session, and what one can do with them. */
export interface InvitesList extends InvitesSnapshot {
    /** Makes a link; its code is in the answer, and nowhere else. */
    readonly create: (role: Role, options?: InviteOptions) => Promise<InviteCreated>;
    /** Ends a link. */
    readonly revoke: (inviteId: string) => Promise<void>;
    /** Asks again. */
    readonly reload: () => Promise<void>;
}
/** The links into a session that still hold; asked for when the component is mounted. */
export declare function useInvites(sessionId: string): InvitesList;

// useMay.d.ts
import type { Right } from "@madang/client";
/** Whether one has a right in a session, by role or by grant. */
export declare function useMay(sessionId: string, right: Right): boolean;

// useMembership.d.ts
import type { Participant } from "@madang/client";
/** Oneself in a session, with one's role and rights; undefined when one does not belong to it, or it is not here yet. */
export declare function useMembership(sessionId: string): Participant | undefined;

// useMessages.d.ts
import type { Message } from "@madang/client";
/** The messages of the current branch, oldest first; a running reply is there, empty (see `useRunningReply`). */
export declare function useMessages(sessionId: string): readonly Message[];

// useModels.d.ts
import type { ModelsSnapshot } from "@madang/client";
/** The models one may choose. */
export declare function useModels(): ModelsSnapshot;

// useParticipants.d.ts
import type { Participant } from "@madang/client";
/** Who belongs to a session, with roles, rights and colours; whether here or not. */
export declare function useParticipants(sessionId: string): readonly Participant[];

// usePending.d.ts
import type { PendingMessage } from "@madang/client";
/** One's own messages that are not in the transcript yet, oldest first. */
export declare function usePending(sessionId: string): readonly PendingMessage[];

// usePeople.d.ts
import { type SessionPeople } from "@madang/client/people";
/** What one can do with the people, links, budget and past of a session. Renders nothing by itself. */
export declare function usePeople(sessionId: string): SessionPeople;

// usePresence.d.ts
import type { Presence } from "@madang/client";
/** Who is here or away, by user id, and on how many devices; who is not in it is neither. */
export declare function usePresence(sessionId: string): ReadonlyMap<string, Presence>;

// useReadable.d.ts
import type { Readable } from "@madang/client";
/** Reads one part of a store; renders again only when that part is another object. `select` must not make new ones. */
export declare function useReadable<T, U = T>(source: Readable<T>, select: (state: T) => U): U;

// useRunningReply.d.ts
import type { RunningReply } from "@madang/client";
/** The reply that is being written, at most one change a frame; null when none is. */
export declare function useRunningReply(sessionId: string): RunningReply | null;

// useSearch.d.ts
import { type SearchSnapshot } from "@madang/client/people";
/** What a search found, and how to get more of it. */
export interface Search extends SearchSnapshot {
    /** Loads the next page. */
    readonly loadMore: () => void;
}
/** The messages that hold these words, of all sessions that one may see or of one; looked for while one types. */
export declare function useSearch(query: string, sessionId?: string): Search;

// useSend.d.ts
import type { Ack, AskOptions } from "@madang/client";
/** Ways to say something in a session. The promises fail with a `MadangError`; the pending message shows it too. */
export interface Send {
    /** Asks Claude. */
    readonly askClaude: (content: string, options?: AskOptions) => Promise<Ack>;
    /** Speaks to people. */
    readonly chat: (content: string, options?: Omit<AskOptions, "continues">) => Promise<Ack>;
    /** Says that one is typing, or no longer is; to be called at every key, and when the field is left. */
    readonly setTyping: (typing: boolean) => void;
    /** Stops the running reply, or takes a waiting prompt back. */
    readonly cancel: (messageId?: string) => Promise<Ack>;
}
/** Says something in a session; the functions stay the same while the session does. */
export declare function useSend(sessionId: string): Send;

// useServer.d.ts
import type { Connected } from "@madang/client";
/** Who one is and what the server can do; null before the first connection. */
export declare function useServer(): Connected | null;

// useSession.d.ts
import type { SessionSnapshot } from "@madang/client";
/** A session, followed while the component is mounted; all but the text of the running reply. */
export declare function useSession(sessionId: string): SessionSnapshot;

// useSessionPart.d.ts
import type { SessionSnapshot } from "@madang/client";
/** One part of a session; renders again only when that part changes. `select` must not make new objects. */
export declare function useSessionPart<U>(sessionId: string, select: (session: SessionSnapshot) => U): U;

// useSessionStore.d.ts
import type { SessionStore } from "@madang/client";
/** The store of a session, followed while the component is mounted. Renders nothing by itself; its methods do things. */
export declare function useSessionStore(sessionId: string): SessionStore;

// useSessions.d.ts
import type { SessionsSnapshot } from "@madang/client";
/** A list of sessions, and how to get more of it. */
export interface SessionsList extends SessionsSnapshot {
    /** Loads the next page. */
    readonly loadMore: () => Promise<void>;
    /** Asks for the first page again. */
    readonly reload: () => void;
}
/** The sessions whose titles contain `query`, newest activity first; all without. */
export declare function useSessions(query?: string): SessionsList;

// useTyping.d.ts
/** The ids of the others who are typing, in the order in which they began. */
export declare function useTyping(sessionId: string): readonly string[];

// useUnread.d.ts
/** How far one has read in a session. */
export interface Unread {
    /** Messages after the mark. */
    readonly count: number;
    /** Those of them that concern one: that name one, answer one's own, or are Claude's replies to one's prompts. */
    readonly mentions: number;
    /** The last message read; null while none is. */
    readonly readTo: string | null;
    /** The first message of others after the mark, as far as messages are loaded. */
    readonly first: string | undefined;
    /** One has read up to a message, or all. The mark only ever moves on. */
    readonly markRead: (messageId?: string) => void;
}
/** How far one has read, and how to say that one has read on. */
export declare function useUnread(sessionId: string): Unread;
