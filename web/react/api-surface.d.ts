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

// index.d.ts
/** React hooks over `@madang/client`: one subscription each, nothing else. */
export { MadangProvider, type MadangProviderProps } from "./MadangProvider.js";
export { useClient } from "./useClient.js";
export { useConnection } from "./useConnection.js";
export { useEvent } from "./useEvent.js";
export { useMessages } from "./useMessages.js";
export { useModels } from "./useModels.js";
export { usePending } from "./usePending.js";
export { useReadable } from "./useReadable.js";
export { useRunningReply } from "./useRunningReply.js";
export { type Send, useSend } from "./useSend.js";
export { useServer } from "./useServer.js";
export { useSession } from "./useSession.js";
export { useSessionPart } from "./useSessionPart.js";
export { useSessionStore } from "./useSessionStore.js";
export { type SessionsList, useSessions } from "./useSessions.js";

// useClient.d.ts
import type { MadangClient } from "@madang/client";
/** The client of the provider above. */
export declare function useClient(): MadangClient;

// useConnection.d.ts
import type { ConnectionState } from "@madang/client";
/** How the connection stands. */
export declare function useConnection(): ConnectionState;

// useEvent.d.ts
import type { EventType, Handler } from "@madang/client";
/** Hears one type of event while the component is mounted; always calls the newest `handler`. */
export declare function useEvent<T extends EventType>(type: T, handler: Handler<T>): void;

// useMessages.d.ts
import type { Message } from "@madang/client";
/** The messages of the current branch, oldest first; a running reply is there, empty (see `useRunningReply`). */
export declare function useMessages(sessionId: string): readonly Message[];

// useModels.d.ts
import type { ModelsSnapshot } from "@madang/client";
/** The models one may choose. */
export declare function useModels(): ModelsSnapshot;

// usePending.d.ts
import type { PendingMessage } from "@madang/client";
/** One's own messages that are not in the transcript yet, oldest first. */
export declare function usePending(sessionId: string): readonly PendingMessage[];

// useReadable.d.ts
import type { Readable } from "@madang/client";
/** Reads one part of a store; renders again only when that part is another object. `select` must not make new ones. */
export declare function useReadable<T, U = T>(source: Readable<T>, select: (state: T) => U): U;

// useRunningReply.d.ts
import type { RunningReply } from "@madang/client";
/** The reply that is being written, at most one change a frame; null when none is. */
export declare function useRunningReply(sessionId: string): RunningReply | null;

// useSend.d.ts
import type { Ack, AskOptions } from "@madang/client";
/** Ways to say something in a session. The promises fail with a `MadangError`; the pending message shows it too. */
export interface Send {
    /** Asks Claude. */
    readonly askClaude: (content: string, options?: AskOptions) => Promise<Ack>;
    /** Speaks to people. */
    readonly chat: (content: string, options?: Pick<AskOptions, "replyTo">) => Promise<Ack>;
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
