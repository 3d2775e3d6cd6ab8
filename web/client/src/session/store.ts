import type { Ack, ClaudeResponse, Resumed, ResumePoint, SessionState } from "@madang/protocol";
import { asMadangError, MadangError } from "../errors.js";
import { HISTORY_PAGE } from "../limits.js";
import { Cell } from "../listeners.js";
import { Timer } from "../timer.js";
import type { Envelope, Readable } from "../types.js";
import { SessionCommands } from "./commands.js";
import { Follower } from "./follower.js";
import type { StoreHost } from "./host.js";
import { SessionModel } from "./model.js";
import { PendingMessages } from "./pending.js";
import type { RunningReply } from "./reply.js";
import { nextSnapshot } from "./snapshot.js";
import { emptySnapshot, type PendingMessage, type SessionSnapshot } from "./state.js";

/** One session as this client sees it: followed while someone reads, and right again after every lost connection. */
export class SessionStore extends SessionCommands implements Readable<SessionSnapshot> {
  readonly #model = new SessionModel();
  readonly #pending = new PendingMessages();
  readonly #follower: Follower;
  readonly #state: Cell<SessionSnapshot>;
  readonly #reply: Cell<RunningReply | null>;
  #history: SessionSnapshot["history"] = "idle";
  #readers = 0;
  readonly #linger: Timer;
  #publishing = false;

  constructor(sessionId: string, host: StoreHost) {
    super(sessionId, host);
    this.#linger = new Timer(host.clock);
    this.#state = new Cell(emptySnapshot(sessionId), host.report, "session listener");
    this.#reply = new Cell<RunningReply | null>(null, host.report, "reply listener");
    this.#follower = new Follower(sessionId, host, {
      changed: () => this.#publishSoon(),
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
    return this.#readers > 0 || this.#linger.isSet;
  }

  /** How many follow it here. */
  get readers(): number {
    return this.#readers;
  }

  /** Keeps the session up to date until the returned function is called, and a little longer. */
  follow(): () => void {
    const first = !this.followed;
    this.#readers += 1;
    this.#linger.clear();
    if (first) this.#follower.start();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#readers -= 1;
      if (this.#readers > 0) return;
      this.#linger.set(this.host.settings.lingerMs, () => this.#follower.stop());
    };
  }

  /** Lets go of it now, if nobody follows it any more. */
  releaseNow(): void {
    if (this.#readers > 0 || !this.#linger.isSet) return;
    this.#linger.clear();
    this.#follower.stop();
  }

  /** Loads the page before the first message shown. */
  async loadOlder(): Promise<void> {
    const first = this.#model.transcript.path[0];
    if (this.#history === "loading" || !this.#model.transcript.hasMore || first === undefined) return;
    await this.#loadPage(first.message_id);
  }

  /** Sends a failed message again. */
  retry(pendingId: string): void {
    const failed = this.#pending.get(pendingId);
    if (failed?.state !== "failed") return;
    // Where the answer never came, the same id keeps it from being written twice; a refusal may be remembered.
    const id = failed.error?.code === "TIMEOUT" ? pendingId : this.host.newId();
    this.#pending.remove(pendingId);
    this.post({ ...failed, id });
  }

  /** Takes back a message that failed or waits for a connection. */
  discard(pendingId: string): void {
    this.host.drop(pendingId);
    this.#pending.remove(pendingId);
    this.#publishNow();
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
    this.#pending.mark(true);
    this.#follower.connected(resumed);
    this.#publishNow();
  }

  /** `hello` was refused for this session; without `error`, for one that was not named. Called by the client. */
  resumeRefused(error?: MadangError): void {
    this.#follower.resumeRefused(error);
  }

  /** Takes up the messages that an earlier page left. Called by the client. */
  restore(messages: readonly PendingMessage[]): void {
    for (const message of messages) {
      if (message.state === "failed") this.#pending.add(message);
      else this.post(message);
    }
    this.#publishNow();
  }

  /** The connection is lost; what is here stays. Called by the client. */
  lost(): void {
    if (this.#model.running !== null) this.#model.running.doubtful = true;
    this.#follower.lost();
    this.#pending.mark(false);
    this.#publishNow();
  }

  /** Takes in an event of this session. Called by the client. */
  receive(envelope: Envelope): void {
    if (!this.followed) return;
    const { type, data, seq, epoch } = envelope;
    if (type === "session_state") this.#reset(data as SessionState);
    else if (type === "resumed") this.#follower.resumed(data as Resumed);
    else if (!this.#follower.placed) return;
    else if (type === "claude_response" && (data as ClaudeResponse).stream)
      this.#delta(data as ClaudeResponse);
    else if (seq === undefined || this.#follower.admits(seq, epoch)) this.#apply(envelope);
  }

  protected override post(message: PendingMessage): Promise<Ack> {
    this.#pending.add({ ...message, state: this.host.connected() ? "sending" : "kept", error: undefined });
    this.#publishNow();
    const { id } = message;
    const sent = this.sendMessage(message).then(
      (ack) => {
        const shown = ack.message_id !== undefined && this.#model.transcript.has(ack.message_id);
        this.#pending.acknowledge(id, ack.message_id, shown || !this.followed);
        this.#publishSoon();
        return ack;
      },
      (error: unknown) => {
        const failure = asMadangError(error);
        if (failure.code === "ABORTED") this.#pending.remove(id);
        else this.#pending.fail(id, failure);
        this.#publishNow();
        throw failure;
      },
    );
    // The pending message tells of the failure; a caller who doesn't listen need not hear of it again.
    sent.catch(() => {});
    return sent;
  }

  protected override runningReply(): string | undefined {
    return this.#model.running?.messageId;
  }

  #reset(state: SessionState): void {
    try {
      this.#model.reset(state, this.#follower.shows(state.epoch));
      for (const { message_id } of state.messages) this.#settle(message_id);
      this.#pending.dropAcknowledged();
    } catch (error) {
      this.host.stats.garbage += 1;
      this.host.report(error, "event session_state");
      this.#follower.refused(
        new MadangError("INTERNAL_ERROR", "The session could not be read.", { recoverable: true }),
      );
      return;
    }
    this.#follower.snapshot(state.epoch, state.seq);
    if (this.#model.deleted) this.#follower.gone();
    this.#publishSoon();
  }

  #delta(data: ClaudeResponse): void {
    if (this.#model.delta(data)) this.#publishSoon();
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
    if (envelope.type === "message_created") this.#settle(this.#model.transcript.head ?? "");
    if (this.#model.deleted) this.#follower.gone();
    if (this.#model.wantedHead !== null && this.#history !== "loading")
      this.#loadPage(undefined).catch(() => {});
    this.host.stats.textMismatches += this.#model.mismatches;
    this.#model.mismatches = 0;
    this.#publishSoon();
  }

  /** The transcript shows a message: it may be one that was pending. */
  #settle(id: string): void {
    const message = this.#model.transcript.get(id);
    if (message === undefined) return;
    const mine = message.author.user_id === this.host.userId();
    this.#pending.shown(message, mine, (pendingId) => !this.host.isUnsent(pendingId));
  }

  /** Loads the page before a message, or the newest of the branch that is chosen now. */
  async #loadPage(before: string | undefined): Promise<void> {
    this.#history = "loading";
    this.#publishNow();
    const data = {
      session_id: this.sessionId,
      limit: HISTORY_PAGE,
      ...(before === undefined ? {} : { before }),
    };
    try {
      const page = await this.host.send("get_history", data);
      const newest = before === undefined ? page.messages.at(-1)?.message_id : undefined;
      this.#model.transcript.merge(page.messages, page.branches, newest);
      if (newest !== undefined) this.#model.wantedHead = null;
      this.#history = "idle";
    } catch (error) {
      this.#history = "failed";
      throw asMadangError(error);
    } finally {
      this.#publishNow();
    }
  }

  /** Tells everyone before the next frame, once, however much comes until then. */
  #publishSoon(): void {
    if (this.#publishing) return;
    this.#publishing = true;
    this.host.clock.defer(() => {
      if (this.#publishing) this.#publishNow();
    });
  }

  #publishNow(): void {
    this.#publishing = false;
    const old = this.#state.getSnapshot();
    const { phase, error } = this.#follower;
    const [history, pending] = [this.#history, this.#pending.list];
    const next = nextSnapshot(old, this.#model, { status: phase, error, history, pending });
    if (next.pending !== old.pending) this.host.keep(this.sessionId, next.pending);
    this.#state.set(next);
    this.#reply.set(this.#model.running?.snapshot() ?? null);
  }
}
