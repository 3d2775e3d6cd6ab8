import type { SessionModel } from "./model.js";
import type { SessionSnapshot } from "./state.js";

/** What a snapshot has from elsewhere than the session's events. */
export type Around = Pick<SessionSnapshot, "status" | "error" | "history" | "pending" | "readTo" | "typing">;

/** The session now; the old object, if nothing in it has changed. */
export function nextSnapshot(old: SessionSnapshot, session: SessionModel, around: Around): SessionSnapshot {
  const { transcript, people, running, summary, model, effort, budget, spent, removedBy, queued, waiting } =
    session;
  const turn = running && {
    turnId: running.turnId,
    promptId: running.promptId,
    messageId: running.messageId,
  };
  const next: SessionSnapshot = {
    sessionId: old.sessionId,
    ...around,
    summary,
    model,
    effort,
    participants: people.participants,
    invitations: people.invitations,
    presence: people.presence,
    budget,
    spent,
    removedBy,
    messages: session.wishes.over(transcript.path),
    hasMore: transcript.hasMore,
    head: transcript.head,
    branches: transcript.branches,
    running: turn?.messageId === old.running?.messageId ? old.running : turn,
    queued,
    documents: session.documents,
    waiting,
  };
  const keys = Object.keys(next) as (keyof SessionSnapshot)[];
  return keys.some((key) => !Object.is(next[key], old[key])) ? next : old;
}
