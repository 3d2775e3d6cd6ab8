import type { Ack, ClaudeResponse, Resumed, ResumePoint, SessionState } from "@madang/protocol";
import { asMadangError, type MadangError } from "../errors.js";
import { Cell } from "../listeners.js";
import { HISTORY_PAGE, RESYNC_AT_ONCE } from "../settings.js";
import type { Envelope, Readable } from "../types.js";
import { SessionCommands } from "./commands.js";
import type { StoreHost } from "./host.js";
import { SessionModel } from "./model.js";
import { PendingMessages } from "./pending.js";
import type { RunningReply } from "./reply.js";
import { emptySnapshot, type PendingMessage, type SessionPhase, type SessionSnapshot } from "./state.js";

/** One session as this client sees it: follows it while someone reads, and stays right across lost connections. */
export class SessionStore extends SessionCommands implements Readable<SessionSnapshot> {
  readonly #model = new SessionModel();
  readonly #pending = new PendingMessages();
  readonly #state: Cell<SessionSnapshot>;
  readonly #reply: Cell<RunningReply | null>;
  #phase: SessionPhase = "idle";
  #error: MadangError | null = null;
  #history: SessionSnapshot["history"] = "idle";
  #epoch = "";
  #seq = 0;
  /** Whether `#epoch` and `#seq` mean something. */
  #placed = false;
  /** The position at which a replay is complete. */
  #resumesTo = 0;
  #readers = 0;
  #lingerTimer: unknown;
  #retryTimer: unknown;
  #resyncs = 0;
  #asking = false;
  #publishing = false;

  constructor(sessionId: string, host: StoreHost) {
    super(sessionId, host);
    this.#state = new Cell(emptySnapshot(sessionId), host.report, "session listener");
    this.#reply = new Cell<RunningReply | null>(null, host.report, "reply listener");
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
    return this.#readers > 0 || this.#lingerTimer !== undefined;
  }

  /** How many follow it here. */
  get readers(): number {
    return this.#readers;
  }

  /** Keeps the session up to date until the returned function is called (and a little longer). */
  follow(): () => void {
    this.#readers += 1;
    this.host.clock.clearTimeout(this.#lingerTimer);
    const first = this.#lingerTimer === undefined && this.#readers === 1;
    this.#lingerTimer = undefined;
    if (first) this.#attach();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#readers -= 1;
      if (this.#readers > 0) return;
      this.#lingerTimer = this.host.clock.setTimeout(() => this.#detach(), this.host.settings.lingerMs);
    };
  }

  /** Lets go at once if nobody reads it; for the client, when there are too many. */
  releaseNow(): void {
    if (this.#readers > 0 || this.#lingerTimer === undefined) return;
    this.host.clock.clearTimeout(this.#lingerTimer);
    this.#detach();
  }

  /** Loads the page before the first message shown. */
  async loadOlder(): Promise<void> {
    const first = this.#model.transcript.path[0];
    if (this.#history === "loading" || !this.#model.transcript.hasMore || first === undefined) return;
    await this.#loadPage(first.message_id);
  }

  /** Sends a failed message again. */
  retry(id: string): void {
    const failed = this.#pending.get(id);
    if (failed?.state !== "failed") return;
    // Where the answer never came, the same id keeps it from being written twice; a refusal may be remembered.
    const again = failed.error?.code === "TIMEOUT" ? id : this.host.newId();
    this.#pending.remove(id);
    this.post({ ...failed, id: again }).catch(() => {});
  }

  /** Takes back a message that failed or waits for a connection. */
  discard(id: string): void {
    this.host.drop(id);
    this.#pending.remove(id);
    this.publishNow();
  }

  /** Where this client stands, for `hello`; undefined when it needs a snapshot. */
  resumePoint(): ResumePoint | undefined {
    if (!this.#placed) return undefined;
    const running = this.#model.running;
    const streams = running === null ? [] : [[running.messageId, running.n] as const];
    return { epoch: this.#epoch, seq: this.#seq, streams: Object.fromEntries(streams) };
  }

  /** Forgets the position: the next answer is a snapshot. */
  invalidate(): void {
    this.#placed = false;
  }

  /** Commands flow again. `resumed` says whether `hello` asked for this session already. */
  connected(resumed: boolean): void {
    this.#pending.mark(true);
    if (this.followed && !resumed) this.#attach();
    if (this.followed && resumed) this.#expect();
    this.publishNow();
  }

  /** The connection is lost; what is here stays. */
  lost(): void {
    this.#asking = false;
    this.host.clock.clearTimeout(this.#retryTimer);
    if (this.#model.running !== null) this.#model.running.doubtful = true;
    if (this.#phase === "live" || this.#phase === "failed")
      this.#phase = this.#placed ? "resyncing" : "loading";
    this.#pending.mark(false);
    this.publishNow();
  }

  /** Takes in an event of this session. */
  receive(envelope: Envelope): void {
    if (!this.followed) return;
    switch (envelope.type) {
      case "session_state":
        return this.#reset(envelope.data as SessionState);
      case "resumed":
        return this.#resumed(envelope.data as Resumed);
    }
    if (!this.#placed && envelope.type !== "session_changed") return;
    if (envelope.type === "claude_response" && (envelope.data as ClaudeResponse).stream) {
      if (!this.#model.delta(envelope.data as ClaudeResponse)) this.host.stats.duplicates += 1;
      return this.#publishSoon();
    }
    if (envelope.seq === undefined || this.#inOrder(envelope.seq, envelope.epoch)) this.#apply(envelope);
  }

  /** The server won't let this client follow the session. */
  refused(error: MadangError): void {
    this.#refused(error);
  }

  protected override async post(message: PendingMessage): Promise<Ack> {
    const { id, kind, content, replyTo, continues } = message;
    this.#pending.add({ ...message, state: this.host.connected() ? "sending" : "kept", error: undefined });
    this.publishNow();
    const base = {
      session_id: this.sessionId,
      content,
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
    };
    const more = continues === undefined ? {} : { continues };
    try {
      const ack = await (kind === "chat"
        ? this.host.send("chat_message", base, { id })
        : this.host.send("claude_message", { ...base, ...more, stream: true }, { id }));
      const shown = ack.message_id !== undefined && this.#model.transcript.has(ack.message_id);
      this.#pending.acknowledge(id, ack.message_id, shown || !this.followed);
      this.#publishSoon();
      return ack;
    } catch (error) {
      const failure = asMadangError(error);
      if (failure.code === "ABORTED") this.#pending.remove(id);
      else this.#pending.fail(id, failure);
      this.publishNow();
      throw failure;
    }
  }

  protected override runningReply(): string | undefined {
    return this.#model.running?.messageId;
  }

  #attach(): void {
    if (this.#asking || this.#phase === "gone") return;
    this.#phase = this.#placed ? "resyncing" : "loading";
    this.publishNow();
    if (this.host.connected()) this.#ask(true);
  }

  #detach(): void {
    this.#lingerTimer = undefined;
    this.host.clock.clearTimeout(this.#retryTimer);
    if (this.host.connected() && this.#phase !== "gone" && this.#phase !== "forbidden") {
      this.host.send("unfollow_session", { session_id: this.sessionId }, { onLoss: "fail" }).catch(() => {});
    }
    if (this.#phase !== "gone") this.#phase = "idle";
    this.publishNow();
  }

  /** Asks for the session: for what was missed, or whole. */
  #ask(resume: boolean): void {
    if (this.#asking) return;
    this.#asking = true;
    this.host.clock.clearTimeout(this.#retryTimer);
    const point = resume ? this.resumePoint() : undefined;
    const data = { session_id: this.sessionId, ...(point === undefined ? {} : { resume: point }) };
    this.host.send("follow_session", data, { onLoss: "fail" }).then(
      () => {
        this.#asking = false;
      },
      (error: unknown) => {
        this.#asking = false;
        this.#refused(asMadangError(error));
      },
    );
  }

  /** `hello` asked already; asks again if no answer comes. */
  #expect(): void {
    this.host.clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = this.host.clock.setTimeout(() => {
      if (this.followed && this.#phase !== "live") this.#ask(true);
    }, this.host.settings.helloMs);
  }

  #refused(error: MadangError): void {
    if (error.code === "CONNECTION_LOST" || error.code === "CLOSED" || !this.followed) return;
    this.#error = error;
    if (error.code === "NOT_FOUND" || error.code === "INVALID_SESSION") this.#phase = "gone";
    else if (error.code === "FORBIDDEN") this.#phase = "forbidden";
    else {
      this.#phase = "failed";
      this.#retryLater(error.retryAfter);
    }
    this.publishNow();
  }

  #retryLater(hint?: number): void {
    const { backoffFirstMs, backoffMaxMs } = this.host.settings;
    const wait = hint ?? Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(this.#resyncs, 10));
    this.#resyncs += 1;
    this.host.clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = this.host.clock.setTimeout(() => {
      if (this.followed && this.host.connected()) this.#ask(false);
    }, wait);
  }

  #reset(state: SessionState): void {
    this.#model.reset(state, this.#epoch === state.epoch);
    this.#epoch = state.epoch;
    this.#seq = state.seq;
    this.#placed = true;
    for (const message of state.messages) this.#shown(message.message_id);
    this.#arrived();
  }

  #resumed(data: Resumed): void {
    this.#resumesTo = data.to;
    if (this.#seq >= data.to) this.#arrived();
  }

  #arrived(): void {
    this.host.clock.clearTimeout(this.#retryTimer);
    this.#phase = this.#model.deleted ? "gone" : "live";
    this.#error = null;
    this.#publishSoon();
  }

  /** Whether a durable event is the next one; asks for what was missed if it is a later one (DC5). */
  #inOrder(seq: number, epoch: string | undefined): boolean {
    if (epoch === undefined || epoch === this.#epoch) {
      if (seq === this.#seq + 1) return true;
      if (seq <= this.#seq) {
        this.host.stats.duplicates += 1;
        return false;
      }
    }
    this.#resync(epoch === undefined || epoch === this.#epoch);
    return false;
  }

  #resync(sameLog: boolean): void {
    if (this.#asking || this.#phase === "failed") return;
    this.host.stats.gaps += 1;
    this.#phase = "resyncing";
    if (this.#resyncs < RESYNC_AT_ONCE) {
      // The second time in a row a replay has not helped: ask for the whole.
      this.#ask(sameLog && this.#resyncs === 0);
      this.#resyncs += 1;
    } else this.#retryLater();
    this.#publishSoon();
  }

  #apply(envelope: Envelope): void {
    try {
      this.#model.apply(envelope, this.host.clock.now());
    } catch (error) {
      this.host.stats.garbage += 1;
      this.host.report(error, `event ${envelope.type}`);
      this.#resync(false);
      return;
    }
    if (envelope.seq !== undefined) {
      this.#seq = envelope.seq;
      this.#resyncs = 0;
      if (this.#phase === "resyncing" && this.#seq >= this.#resumesTo && !this.#asking) this.#phase = "live";
    }
    if (envelope.type === "message_created") this.#shown(this.#model.transcript.head ?? "");
    if (this.#model.deleted) this.#phase = "gone";
    if (this.#model.wantedHead !== null) this.#loadPage(undefined).catch(() => {});
    this.host.stats.textMismatches += this.#model.mismatches;
    this.#model.mismatches = 0;
    this.#publishSoon();
  }

  #shown(id: string): void {
    const message = this.#model.transcript.get(id);
    if (message === undefined) return;
    const mine = message.author.user_id === this.host.userId();
    this.#pending.shown(message, mine, (pending) => !this.host.isUnsent(pending));
  }

  async #loadPage(before: string | undefined): Promise<void> {
    this.#history = "loading";
    this.publishNow();
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
      this.publishNow();
    }
  }

  /** Tells everyone before the next frame, once, however much comes until then. */
  #publishSoon(): void {
    if (this.#publishing) return;
    this.#publishing = true;
    this.host.clock.defer(() => {
      if (this.#publishing) this.publishNow();
    });
  }

  protected override publishNow(): void {
    this.#publishing = false;
    this.#state.set(this.#next(this.#state.getSnapshot()));
    this.#reply.set(this.#model.running?.snapshot() ?? null);
  }

  /** The state now; the old object if nothing in it has changed. */
  #next(old: SessionSnapshot): SessionSnapshot {
    const { transcript, running, summary, model, effort, participants, queued, waiting } = this.#model;
    const sameRun = old.running?.messageId === running?.messageId;
    const next: SessionSnapshot = {
      sessionId: this.sessionId,
      status: this.#phase,
      error: this.#error,
      summary,
      model,
      effort,
      participants,
      messages: transcript.path,
      hasMore: transcript.hasMore,
      history: this.#history,
      head: transcript.head,
      branches: transcript.branches,
      running:
        sameRun || running === null
          ? running && old.running
          : { turnId: running.turnId, promptId: running.promptId, messageId: running.messageId },
      queued,
      waiting,
      pending: this.#pending.list,
    };
    const changed = (Object.keys(next) as (keyof SessionSnapshot)[]).some(
      (key) => !Object.is(next[key], old[key]),
    );
    return changed ? next : old;
  }
}
