/** The backend of the running app: the SDK's hooks and stores in the words of the app. */
import type {
  ConnectionState,
  MadangClient,
  PendingMessage,
  SessionPhase,
  SessionSnapshot,
} from "@madang/client";
import {
  useConnection,
  useInvitations,
  useModels,
  useRunningReply,
  useServer,
  useSession,
  useSessions,
} from "@madang/react";
import { useMemo } from "react";
import { laterHttp } from "../account/later-http.js";
import { actionsOf } from "./live-actions.js";
import { troubleFrom } from "./live-trouble.js";
import type { Backend, Connection, Pending, SessionView } from "./types.js";

export { troubleFrom } from "./live-trouble.js";

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
      const why = {
        credential_refused: "credential",
        signed_out: "credential",
        forbidden: "forbidden",
      } as const;
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
  removed: "removed",
  forbidden: "forbidden",
  failed: "failed",
};

function pendingFrom(message: PendingMessage): Pending {
  return {
    id: message.id,
    content: message.content,
    to: message.kind === "prompt" ? "claude" : "everyone",
    createdAt: message.createdAt,
    replyTo: message.replyTo,
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
    invitations: session.invitations,
    presence: session.presence,
    readTo: session.readTo ?? undefined,
    budget: session.budget ?? undefined,
    spent: session.spent,
    removedBy: session.removedBy ?? undefined,
  };
}

/** To be used inside of `<MadangProvider client={client}>`. */
export function liveBackend(client: MadangClient): Backend {
  return {
    actions: { ...actionsOf(client), dismissInvited: (id) => client.dismissInvitation(id) },
    http: laterHttp,
    useInvited: useInvitations,
    useHere() {
      const state = useConnection();
      const server = useServer();
      const { status, models, defaultModel, simulated } = useModels();
      return useMemo(
        () => ({
          connection: connectionFrom(state),
          me: server
            ? {
                userId: server.user_id,
                displayName: server.display_name,
                guest: server.guest,
                admin: server.admin,
                color: server.color,
                language: server.language,
              }
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
