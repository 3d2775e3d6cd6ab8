import type {
  Ack,
  ClaudeResponse,
  ReadMarked,
  Removed,
  Resumed,
  ResumePoint,
  SessionChanged,
  SessionState,
  SessionSummary,
} from "@madang/protocol";
import { MadangError } from "../errors.js";
import { Cell } from "../listeners.js";
import { Soon } from "../soon.js";
import type { Envelope, Readable } from "../types.js";
import { SessionCommands } from "./commands.js";
import { Follower } from "./follower.js";
import { HistoryLoader } from "./history.js";
import type { StoreHost } from "./host.js";
import { SessionModel } from "./model.js";
import { Outgoing } from "./outgoing.js";
import { Readers } from "./readers.js";
import type { RunningReply } from "./reply.js";
import { ReadMark, TypingSignal } from "./signals.js";
import { nextSnapshot } from "./snapshot.js";
import { emptySnapshot, type PendingMessage, type SessionSnapshot } from "./state.js";

type Unread = Pick<SessionSummary, "unread" | "unread_mentions">;
/** What is unread where everything is read. */
const READ: Unread = { unread: 0, unread_mentions: 0 };

/** One session as this client sees it: followed while someone reads, and right again after every lost connection. */
export class SessionStore extends SessionCommands implements Readable<SessionSnapshot> {
  #model = new SessionModel();
  #outgoing: Outgoing;
  readonly #read: ReadMark;
  /** What the server last said is unread, while the mark is on its way. */
  #unread: Unread = READ;
  readonly #typing: TypingSignal;
  readonly #follower: Follower;
  readonly #state: Cell<SessionSnapshot>;
  readonly #reply: Cell<RunningReply | null>;
  readonly #history: HistoryLoader;
  readonly #readers: Readers;
  /** Tells everyone what is new. */
  readonly #tell: Soon;

  constructor(sessionId: string, host: StoreHost) {
    super(sessionId, host);
    this.#tell = new Soon(host.clock, () => this.#publish());
    this.#readers = new Readers(host.clock, host.settings.lingerMs, {
      begin: () => this.#follower.start(),
      end: () => this.#follower.stop(),
    });
    this.#typing = new TypingSignal(sessionId, host);
    this.#read = new ReadMark(sessionId, host, (refused) => {
      if (refused) this.#model.summarize(this.#unread);
      this.#tell.plan();
    });
    this.#outgoing = this.#newOutgoing();
    this.#history = new HistoryLoader(sessionId, host, this.#tell.now);
    this.#state = new Cell(emptySnapshot(sessionId), host.report, "session listener");
    this.#reply = new Cell<RunningReply | null>(null, host.report, "reply listener");
    this.#follower = new Follower(sessionId, host, {
      changed: this.#tell.plan,
      streams: () => {
        const running = this.#model.running;
        return Object.fromEntries(running === null ? [] : [[running.messageId, running.n]]);
      },
    });
  }

  /** Calls `listener` after each change but those of the running reply's text. Reading alone does not follow; see `follow`. */
  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);
  readonly getSnapshot = (): SessionSnapshot => this.#state.getSnapshot();

  /** The running reply; changes at most once a frame while text streams in. */
  get reply(): Readable<RunningReply | null> {
    return this.#reply;
  }

  /** Whether the session is, or is to be, followed on the server. */
  get followed(): boolean {
    return this.#readers.wanted;
  }

  /** How many follow it here. */
  get readers(): number {
    return this.#readers.count;
  }

  /** Keeps the session up to date until the returned function is called, and a little longer. */
  follow(): () => void {
    return this.#readers.add();
  }

  /** Lets go of it now, if nobody follows it any more. */
  releaseNow(): void {
    if (this.readers === 0) this.leavePresence();
  }

  /** Ends one's presence at once, whoever still reads; what is here stays, and `follow` begins anew. */
  leavePresence(): void {
    this.#readers.end();
    this.#tell.now();
  }

  /** Loads the page before the first message shown. */
  loadOlder(): Promise<void> {
    return this.#history.older(this.#model);
  }

  /** Sends a failed message again. */
  retry(pendingId: string): void {
    this.#outgoing.retry(pendingId);
  }

  /** Takes back a message that failed or waits for a connection. */
  discard(pendingId: string): void {
    this.#outgoing.discard(pendingId);
  }

  /** Puts an emoji under a message, or takes one's own away. Shown at once, and undone if it is refused. */
  async react(messageId: string, emoji: string, on = true): Promise<void> {
    const data = { session_id: this.sessionId, message_id: messageId, emoji, on };
    const settled = this.#model.wishes.add({ ...data, user_id: this.host.userId() ?? "" });
    this.#tell.now();
    try {
      await this.host.send("react", data);
    } finally {
      settled();
      // The answer comes just before the event that makes it so.
      this.#tell.plan();
    }
  }

  /** Says that one is typing, or no longer is; to be called at every key. Sending a message says that one no longer is. */
  setTyping(typing: boolean): void {
    this.#typing.set(typing);
  }

  /**
   * One has read up to a message, or all; up to the last one of the branch means all, on whichever branch.
   *
   * The mark only ever moves on; it is shown at once, and told to the server a moment later.
   */
  markRead(messageId?: string): void {
    const { transcript } = this.#model;
    const all = messageId === undefined || messageId === transcript.head;
    const target = all ? transcript.newest : messageId;
    if (target === undefined || !transcript.isAfter(target, this.#read.at)) return;
    this.#read.move(target);
    const { summary } = this.#model;
    if (summary?.unread) {
      this.#unread = { unread: summary.unread, unread_mentions: summary.unread_mentions };
    }
    if (all) this.#model.summarize(READ);
    this.#tell.now();
  }

  /** Where this client stands, for `hello`; undefined when it needs a snapshot. Called by the client. */
  resumePoint(): ResumePoint | undefined {
    return this.#follower.point();
  }

  /** Makes the next answer a snapshot. Called by the client. */
  invalidate(): void {
    this.#follower.invalidate();
  }

  /** Commands flow again; `hello` has asked for this session already if `resumed`. Called by the client. */
  connected(resumed: boolean): void {
    this.#outgoing.mark(true);
    this.#follower.connected(resumed);
    this.#tell.now();
  }

  /** `hello` was refused for this session; without `error`, for one that was not named. Called by the client. */
  resumeRefused(error?: MadangError): void {
    this.#follower.resumeRefused(error);
  }

  /** Takes up the messages that an earlier page left. Called by the client. */
  restore(messages: readonly PendingMessage[]): void {
    this.#outgoing.restore(messages);
  }

  /** The connection is lost; what is here stays. Called by the client. */
  lost(): void {
    if (this.#model.running !== null) this.#model.running.doubtful = true;
    this.#model.people.hush();
    this.#typing.lost();
    this.#follower.lost();
    this.#outgoing.mark(false);
    this.#tell.now();
  }

  /** Someone else is signed in: nothing here is theirs. Called by the client. */
  renew(): void {
    this.#model = new SessionModel();
    this.#outgoing = this.#newOutgoing();
    this.#read.renew();
    this.#unread = READ;
    this.#follower.renew();
    this.#tell.now();
  }

  /** Takes in an event of this session. Called by the client. */
  receive(envelope: Envelope): void {
    if (!this.followed) return;
    const { type, data, seq, epoch } = envelope;
    if (type === "session_state") this.#reset(data as SessionState);
    else if (type === "resumed") this.#resumed(data as Resumed);
    else if (type === "removed") this.#removed(data as Removed);
    else if (!this.#follower.placed) {
      const shown = type === "session_changed" && (data as SessionChanged).summary.status !== "deleted";
      if (shown) this.#follower.admitted();
    } else if (type === "claude_response" && (data as ClaudeResponse).stream)
      this.#delta(data as ClaudeResponse);
    else if (seq === undefined || this.#follower.admits(seq, epoch)) this.#apply(envelope);
  }

  protected override post(message: PendingMessage): Promise<Ack> {
    this.#typing.set(false);
    return this.#outgoing.post(message);
  }

  protected override runningReply(): string | undefined {
    return this.#model.running?.messageId;
  }

  #reset(state: SessionState): void {
    try {
      this.#model.reset(state, this.#follower.shows(state.epoch));
      this.#read.told(state.read_to);
      for (const { message_id } of state.messages)
        this.#outgoing.shown(this.#model.transcript.get(message_id));
      this.#outgoing.dropAcknowledged();
    } catch (error) {
      this.host.stats.garbage += 1;
      this.host.report(error, "event session_state");
      this.#follower.refused(
        new MadangError("INTERNAL_ERROR", "The session could not be read.", { recoverable: true }),
      );
      return;
    }
    this.#follower.snapshot(state.epoch, state.seq);
    if (this.#model.deleted) this.#follower.gone("gone");
    this.#tell.plan();
  }

  /** What was missed follows, and who is here now. */
  #resumed(data: Resumed): void {
    this.#model.people.gather([]);
    this.#follower.resumed(data);
  }

  #removed({ by }: Removed): void {
    this.#model.removedBy = by;
    this.#follower.gone("removed");
    this.#tell.plan();
  }

  #delta(data: ClaudeResponse): void {
    if (this.#model.delta(data)) this.#tell.plan();
    else this.host.stats.duplicates += 1;
  }

  #apply(envelope: Envelope): void {
    try {
      this.#model.apply(envelope, this.host.clock.now());
    } catch (error) {
      this.host.stats.garbage += 1;
      this.host.report(error, `event ${envelope.type}`);
      this.#follower.resync(false);
      return;
    }
    if (envelope.seq !== undefined) this.#follower.advance(envelope.seq);
    if (envelope.type === "message_created") {
      this.#outgoing.shown(this.#model.transcript.get(this.#model.transcript.head ?? ""));
    }
    if (envelope.type === "read_marked") this.#read.told((envelope.data as ReadMarked).message_id);
    if (this.#model.deleted) this.#follower.gone("gone");
    this.#history.branch(this.#model);
    this.host.stats.textMismatches += this.#model.mismatches;
    this.#model.mismatches = 0;
    this.#tell.plan();
  }

  #newOutgoing(): Outgoing {
    return new Outgoing(this.host, {
      send: (message) => this.sendMessage(message),
      settles: (id) => this.#model.transcript.has(id) || !this.followed,
      changed: this.#tell.now,
    });
  }

  #publish(): void {
    const old = this.#state.getSnapshot();
    const { phase, error } = this.#follower;
    const next = nextSnapshot(old, this.#model, {
      status: phase,
      error,
      history: this.#history.state,
      pending: this.#outgoing.list,
      readTo: this.#read.at,
      typing: this.#model.people.typing(this.host.userId()),
    });
    if (next.pending !== old.pending) this.host.keep(this.sessionId, next.pending);
    this.#state.set(next);
    this.#reply.set(this.#model.running?.snapshot() ?? null);
  }
}
