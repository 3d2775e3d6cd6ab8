/** The backend of the running app: the SDK's hooks and stores in the words of the app. */
import type {
  ConnectionState,
  MadangClient,
  PendingMessage,
  SessionPhase,
  SessionSnapshot,
} from "@madang/client";
import { MadangError } from "@madang/client";
import { useConnection, useModels, useRunningReply, useServer, useSession, useSessions } from "@madang/react";
import { useMemo } from "react";
import type { Actions, Backend, Connection, Pending, SessionView, Trouble } from "./types.js";

export function troubleFrom(error: unknown): Trouble {
  if (!(error instanceof MadangError)) {
    return {
      code: "UNKNOWN",
      message: error instanceof Error ? error.message : String(error),
      retryAfter: undefined,
    };
  }
  const code = error.code;
  if (code === "ABORTED" || code === "CONNECTION_LOST") {
    return { code: "TIMEOUT", message: error.message, retryAfter: undefined };
  }
  return { code, message: error.details ?? error.message, retryAfter: error.retryAfter };
}

export function connectionFrom(state: ConnectionState): Connection {
  switch (state.status) {
    case "idle":
    case "connecting":
      return { kind: "connecting" };
    case "connected":
      return { kind: "connected" };
    case "reconnecting":
      return { kind: "reconnecting", retryAt: state.retryAt ?? 0 };
    case "offline":
      return { kind: "offline" };
    case "closed": {
      const why = { credential_refused: "credential", forbidden: "forbidden" } as const;
      return { kind: "closed", why: state.key in why ? why[state.key as keyof typeof why] : "other" };
    }
  }
}

const STATES: Record<SessionPhase, SessionView["state"]> = {
  idle: "loading",
  loading: "loading",
  live: "here",
  resyncing: "here",
  gone: "removed",
  forbidden: "forbidden",
  failed: "failed",
};

function pendingFrom(message: PendingMessage): Pending {
  return {
    id: message.id,
    content: message.content,
    to: message.kind === "prompt" ? "claude" : "everyone",
    createdAt: message.createdAt,
    state: message.state === "kept" ? "waiting" : message.state,
    trouble: message.error && troubleFrom(message.error),
  };
}

export function viewFrom(session: SessionSnapshot): SessionView {
  return {
    state: STATES[session.status],
    trouble: session.error ? troubleFrom(session.error) : undefined,
    summary: session.summary ?? undefined,
    model: session.model,
    effort: session.effort,
    participants: session.participants,
    messages: session.messages,
    hasMore: session.hasMore,
    loadingOlder: session.history === "loading",
    branches: session.branches,
    running: session.running?.messageId,
    queued: session.queued,
    waiting: session.waiting ?? undefined,
    pending: session.pending.map(pendingFrom),
  };
}

/** Gives back a promise that fails with a `Trouble`. */
async function plain<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw troubleFrom(error);
  }
}

const done = async (promise: Promise<unknown>): Promise<void> => {
  await plain(promise);
};

function actionsOf(client: MadangClient): Actions {
  return {
    createSession: (choice) => plain(client.createSession(choice)),
    renameSession: (id, title) => done(client.session(id).rename(title)),
    deleteSession: (id) => done(client.session(id).remove()),
    configureSession: (id, change) => done(client.session(id).configure(change)),
    send: ({ sessionId, content, to, continues }) => {
      const session = client.session(sessionId);
      return done(to === "claude" ? session.askClaude(content, { continues }) : session.chat(content));
    },
    retryPending: (id, pending) => client.session(id).retry(pending),
    discardPending: (id, pending) => client.session(id).discard(pending),
    stop: (id, messageId) => done(client.session(id).cancel(messageId)),
    editQueued: (id, messageId, content) => done(client.session(id).editQueued(messageId, content)),
    regenerate: (id, messageId) => done(client.session(id).regenerate(messageId)),
    editPrompt: (id, messageId, content) => done(client.session(id).editPrompt(messageId, content)),
    selectBranch: (id, messageId) => done(client.session(id).selectBranch(messageId)),
    forkSession: (id, messageId) => plain(client.session(id).fork(messageId)),
    loadOlder: (id) => done(client.session(id).loadOlder()),
    loadMoreSessions: (query) => done(client.sessions(query).loadMore()),
    reloadSessions: (query) => client.sessions(query).reload(),
    reconnectNow: () => client.retryNow(),
  };
}

/** To be used inside of `<MadangProvider client={client}>`. */
export function liveBackend(client: MadangClient): Backend {
  return {
    actions: actionsOf(client),
    useHere() {
      const state = useConnection();
      const server = useServer();
      const { status, models, defaultModel, simulated } = useModels();
      return useMemo(
        () => ({
          connection: connectionFrom(state),
          me: server
            ? { userId: server.user_id, displayName: server.display_name, guest: server.guest }
            : undefined,
          limits: server?.limits,
          models: status === "ready" ? { models: [...models], default: defaultModel, simulated } : undefined,
        }),
        [state, server, status, models, defaultModel, simulated],
      );
    },
    useSessions(query) {
      const { status, sessions, hasMore } = useSessions(query);
      return {
        state: status === "ready" ? "here" : status === "failed" ? "failed" : "loading",
        sessions,
        hasMore,
      };
    },
    useSession(sessionId) {
      const session = useSession(sessionId);
      return useMemo(() => viewFrom(session), [session]);
    },
    useRunning: (sessionId) => useRunningReply(sessionId) ?? undefined,
  };
}
