import type {
  Author,
  Budget,
  ClaudeResponse,
  DocumentSummary,
  Effort,
  Message,
  QueuedTurn,
  Reply,
  RunningTurn,
  SessionState,
  SessionSummary,
  Spent,
} from "@madang/protocol";
import type { Envelope, EventType } from "../types.js";
import type { Change, Changes } from "./changes.js";
import { People } from "./people.js";
import { Wishes, withReaction } from "./reactions.js";
import { ReplyAssembler, textOf } from "./reply.js";
import type { Waiting } from "./state.js";
import { Transcript } from "./transcript.js";

/** What a session's events make of it: the mirror of the server's state, without network and time. */
export class SessionModel {
  readonly transcript = new Transcript();
  readonly people = new People();
  readonly wishes = new Wishes();
  summary: SessionSummary | null = null;
  model = "";
  effort: Effort | null = null;
  budget: Budget | null = null;
  spent: Spent = { tokens: 0, micro_usd: 0 };
  /** Who removed this person, if someone did. */
  removedBy: Author | null = null;
  queued: readonly QueuedTurn[] = [];
  documents: readonly DocumentSummary[] = [];
  waiting: Waiting | null = null;
  running: ReplyAssembler | null = null;
  deleted = false;
  /** Set when the branch that is shown has to be fetched, because it is not known far enough. */
  wantedHead: string | null = null;
  /** Finals whose text was not the text of their deltas. */
  mismatches = 0;

  readonly #changes: Changes = {
    ...this.people.changes,
    session_changed: ({ summary }) => this.summarize(summary),
    session_renamed: ({ title }) => this.summarize({ title }),
    session_configured: ({ model, effort }) => {
      this.model = model;
      this.effort = effort;
    },
    session_closed: () => this.summarize({ status: "closed" }),
    session_reopened: () => this.summarize({ status: "active" }),
    session_deleted: () => {
      this.deleted = true;
      this.summarize({ status: "deleted" });
    },
    messages_copied: ({ messages }) => {
      for (const message of messages) this.#append(message);
    },
    message_created: ({ message }) => this.#append(message),
    prompt_edited: ({ message_id, content }) =>
      this.transcript.update(message_id, (old) => ({ ...old, content })),
    message_edited: ({ message_id, content, mentions, edited_at }) =>
      this.transcript.update(message_id, (old) => ({ ...old, content, mentions, edited_at })),
    message_deleted: ({ message_id, deleted_at }) =>
      this.transcript.update(message_id, (old) => tombstone(old, deleted_at)),
    reaction_changed: (data) => this.transcript.update(data.message_id, (old) => withReaction(old, data)),
    budget_changed: ({ budget }) => {
      this.budget = budget;
    },
    read_marked: ({ unread, unread_mentions }) => this.summarize({ unread, unread_mentions }),
    turn_queued: ({ session_id: _, ...turn }) => {
      this.queued = [...this.queued.filter((other) => other.turn_id !== turn.turn_id), turn].sort(byPosition);
    },
    turn_dequeued: ({ turn_id }) => this.#dequeue(turn_id),
    turn_started: (data) => {
      this.#dequeue(data.turn_id);
      this.#append(data.message);
      this.#run({ ...data, message_id: data.message.message_id, n: 0, parts: [] });
    },
    turn_waiting: ({ message_id, code, retry_after, attempt, ahead }, now) => {
      if (this.running?.messageId !== message_id) return;
      this.waiting = { messageId: message_id, code, retryAt: now + retry_after, attempt, ahead };
    },
    head_changed: ({ head }) => {
      this.wantedHead = this.transcript.show(head) ? null : head;
    },
    claude_response: (data) => {
      if (data.completed) this.#finish(data);
    },
    document_created: ({ created }) => {
      this.documents = [...this.documents, created];
    },
    document_renamed: ({ document, name }) => {
      this.documents = this.documents.map((one) => (one.document === document ? { ...one, name } : one));
    },
    document_deleted: ({ document }) => {
      this.documents = this.documents.filter((one) => one.document !== document);
    },
  };

  /** Whether this build knows what an event does to a session. */
  knows(type: string): type is EventType {
    return Object.hasOwn(this.#changes, type);
  }

  /** Takes in an event that is not a delta. */
  apply<T extends EventType>(envelope: Envelope<T>, now: number): void {
    const change: Change<T> | undefined = this.knows(envelope.type)
      ? this.#changes[envelope.type as T]
      : undefined;
    change?.(envelope.data, now);
  }

  /** Takes in a delta or a snapshot of the running reply; false when it brings nothing new. */
  delta(data: ClaudeResponse): boolean {
    if (this.running?.messageId !== data.message_id) return false;
    const fresh = this.running.take(data);
    if (fresh) this.waiting = null;
    return fresh;
  }

  /** Starts over from a snapshot; keeps what is known of the same log (`sameLog`), so that nothing is drawn twice. */
  reset(state: SessionState, sameLog: boolean): void {
    const lists: unknown[] = [
      state.messages,
      state.participants,
      state.queued,
      state.invitations,
      state.presence,
      state.documents,
    ];
    if (!lists.every(Array.isArray) || typeof state.epoch !== "string" || !Number.isSafeInteger(state.seq)) {
      throw new TypeError("session_state is not whole");
    }
    if (sameLog) this.transcript.forgetUnfinished();
    else this.transcript.clear();
    this.transcript.merge(state.messages, state.branches, state.head);
    this.wantedHead = null;
    this.summary = state.summary;
    this.model = state.model;
    this.effort = state.effort;
    this.people.reset(state);
    this.budget = state.budget;
    this.spent = state.spent;
    this.removedBy = null;
    this.queued = state.queued;
    this.documents = state.documents;
    this.waiting = null;
    this.running = null;
    this.deleted = state.summary.status === "deleted";
    if (state.running !== null) this.#run(state.running);
  }

  /** Changes what is known of the session as a line of a list. */
  summarize(change: Partial<SessionSummary>): void {
    if (this.summary !== null) this.summary = { ...this.summary, ...change };
  }

  #append(message: Message): void {
    if (!this.transcript.append(message)) this.wantedHead = message.message_id;
  }

  #run(turn: RunningTurn): void {
    this.waiting = null;
    this.running = new ReplyAssembler(turn);
    this.summarize({ running: true });
  }

  #finish(data: ClaudeResponse): void {
    const running = this.running?.messageId === data.message_id ? this.running.snapshot() : undefined;
    const parts = data.parts ?? running?.parts ?? [];
    if (running !== undefined) {
      this.#compare(running.text, data, this.running?.doubtful === true);
      this.running = null;
      this.waiting = null;
      this.summarize({ running: false });
    }
    this.transcript.update(data.message_id, (message) => finished(message, data, [...parts]));
    this.#spend(data);
  }

  /** Counts what a reply cost; the next snapshot has the server's own figure. */
  #spend({ usage, cost }: ClaudeResponse): void {
    const { tokens, micro_usd } = this.spent;
    this.spent = {
      tokens: tokens + (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0),
      micro_usd: micro_usd + (cost?.micro_usd ?? 0),
    };
  }

  /** A restarted server may have journalled less than was seen, never something else (RS5). */
  #compare(seen: string, data: ClaudeResponse, doubtful: boolean): void {
    const final = data.parts === undefined ? data.content : textOf(data.parts);
    const partial = doubtful || data.status === "interrupted";
    const prefix = partial && (seen.startsWith(final) || final.startsWith(seen));
    if (seen !== final && !prefix) this.mismatches += 1;
  }

  #dequeue(turnId: string): void {
    const gone = this.queued.find((turn) => turn.turn_id === turnId);
    if (gone === undefined) return;
    this.queued = this.queued
      .filter((turn) => turn !== gone)
      .map((turn) => (turn.position > gone.position ? { ...turn, position: turn.position - 1 } : turn));
  }
}

function byPosition(a: QueuedTurn, b: QueuedTurn): number {
  return a.position - b.position;
}

/** What is left of a deleted message (TU5). */
function tombstone(message: Message, deletedAt: number): Message {
  const { mentions: _m, reactions: _r, edited_at: _e, ...left } = message;
  return { ...left, content: "", deleted_at: deletedAt };
}

function finished(message: Message, data: ClaudeResponse, parts: Reply["parts"]): Message {
  const { content, status, usage, cost, model, stop_reason, simulated, stopped_by, error, ended_at } = data;
  const old = message.reply;
  const known = { usage, cost, stop_reason, stopped_by, error, ended_at };
  return {
    ...message,
    content,
    reply: {
      status: status ?? "complete",
      parts,
      model: model ?? old?.model ?? "",
      simulated: simulated ?? old?.simulated ?? false,
      ...(Object.fromEntries(
        Object.entries(known).filter(([, value]) => value !== undefined),
      ) as Partial<Reply>),
    },
  };
}
