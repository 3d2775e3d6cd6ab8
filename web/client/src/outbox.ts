import type { CommandData, ErrorData } from "@madang/protocol";
import { encodeCommand } from "./envelope.js";
import { errorFrom, MadangError } from "./errors.js";
import { OUTBOX_MAX, RATE_LIMIT_TRIES } from "./limits.js";
import { Pace } from "./pace.js";
import { refusesMessage } from "./reconnect.js";
import type { Settings } from "./settings.js";
import type { ClientStats } from "./stats.js";
import { newCommandId } from "./surroundings.js";
import { Timer } from "./timer.js";
import type { Answer, Clock, CommandType, Envelope, EventType, SendOptions } from "./types.js";

/** The events that answer a command that asks; all others are answered by `ack`. */
const ANSWERS: ReadonlyMap<CommandType, readonly EventType[]> = new Map([
  ["auth", ["connected", "ack"]],
  ["ping", ["pong"]],
  ["list_sessions", ["sessions"]],
  ["list_models", ["models"]],
  ["session_status", ["session_status"]],
  ["get_history", ["history"]],
  ["follow_session", ["session_state", "resumed"]],
  ["join_collaboration", ["session_state", "resumed"]],
  ["create_invite", ["invite_created"]],
  ["list_invites", ["invites"]],
  ["get_revisions", ["revisions"]],
  ["mark_read", ["read_marked"]],
  ["summarize", ["summary"]],
  ["search", ["search_results"]],
  ["open_document", ["document_state", "document_resumed"]],
  ["list_versions", ["versions"]],
  ["get_version", ["document_version"]],
  ["get_blame", ["blame"]],
] as const);

/** The commands of the server's class `chat` (CM5), which are paced here so that a kept dozen isn't refused. */
const CHAT: ReadonlySet<CommandType> = new Set([
  "claude_message",
  "chat_message",
  "edit_queued",
  "regenerate",
  "edit_prompt",
  "edit_message",
  "summarize",
] as const);

/** A command that has no answer yet. */
interface Entry {
  readonly id: string;
  readonly type: CommandType;
  readonly text: string;
  readonly answers: readonly EventType[];
  readonly timeoutMs: number;
  readonly resend: boolean;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: MadangError) => void;
  sent: boolean;
  everSent: boolean;
  refusals: number;
  readonly timer: Timer;
}

/** What an outbox needs of the client. */
export interface OutboxHost {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly stats: ClientStats;
  /** Sends text; false when there is no connection. */
  send(text: string): boolean;
  /** Bytes the server takes in one message; undefined while unknown. */
  messageBytes(): number | undefined;
}

/** Commands from their call to their answer, across connections, each carried out at most once (CM2). */
export class Outbox {
  readonly #host: OutboxHost;
  readonly #entries = new Map<string, Entry>();
  readonly #pace: Pace;
  #open = false;

  constructor(host: OutboxHost) {
    this.#host = host;
    this.#pace = new Pace(host.clock, () => this.#flush());
  }

  /** Commands without an answer. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether a command waits that was never handed to a socket. */
  isUnsent(id: string): boolean {
    return this.#entries.get(id)?.everSent === false;
  }

  /** Takes a command and sends it as soon as it can. */
  add<T extends CommandType>(type: T, data: CommandData[T], options: SendOptions = {}): Promise<Answer<T>> {
    const { clock, settings } = this.#host;
    const id = options.id ?? newCommandId(clock);
    if (this.#entries.size >= OUTBOX_MAX) {
      return Promise.reject(new MadangError("OUTBOX_FULL", "Too many commands wait.", { recoverable: true }));
    }
    if (this.#entries.has(id))
      return Promise.reject(new MadangError("CONFLICT", "A command with this id waits already."));
    if (options.signal?.aborted) return Promise.reject(aborted());
    return new Promise<Answer<T>>((resolve, reject) => {
      const abort = () => this.#fail(entry, aborted());
      const settle = () => options.signal?.removeEventListener("abort", abort);
      const entry: Entry = {
        id,
        type,
        text: encodeCommand(type, data, id, clock.now()),
        answers: ANSWERS.get(type) ?? ["ack"],
        timeoutMs: options.timeoutMs ?? settings.answerMs,
        resend: options.onLoss !== "fail",
        resolve: (answer) => {
          settle();
          resolve(answer as Answer<T>);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        sent: false,
        everSent: false,
        refusals: 0,
        timer: new Timer(clock),
      };
      options.signal?.addEventListener("abort", abort);
      this.#entries.set(id, entry);
      this.#flush();
    });
  }

  /** Takes a command back; its promise fails with `ABORTED`. */
  drop(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#fail(entry, aborted());
  }

  /** Commands flow: sends what waits, in order. */
  opened(): void {
    this.#open = true;
    this.#flush();
  }

  /** Commands don't flow any more: what had no answer waits for the next connection, or fails. */
  lost(code: number): void {
    this.#open = false;
    this.#pace.reset();
    const sent = [...this.#entries.values()].filter((entry) => entry.sent);
    if (refusesMessage(code)) this.#failCulprit(sent, code);
    for (const entry of sent) {
      entry.timer.clear();
      entry.sent = false;
      if (!entry.resend) {
        this.#fail(
          entry,
          new MadangError("CONNECTION_LOST", "The connection was lost.", { recoverable: true }),
        );
      }
    }
  }

  /** There will be no further connection. */
  ended(error: MadangError): void {
    this.#open = false;
    this.#pace.reset();
    for (const entry of [...this.#entries.values()]) this.#fail(entry, error);
  }

  /** Fails what waits, but for the command that asked to be someone else. */
  forsake(error: MadangError): void {
    for (const entry of [...this.#entries.values()]) if (entry.type !== "auth") this.#fail(entry, error);
  }

  /** Looks whether an event answers a command; false when it is not about one that waits. */
  answer(envelope: Envelope): boolean {
    const id = envelope.correlation_id;
    const entry = id === undefined ? undefined : this.#entries.get(id);
    if (entry === undefined) return false;
    if (envelope.type === "error") {
      this.#refused(entry, envelope.data as Partial<ErrorData>);
    } else if (entry.answers.includes(envelope.type)) {
      this.#remove(entry);
      entry.resolve(envelope.data);
    }
    return true;
  }

  #refused(entry: Entry, data: Partial<ErrorData>): void {
    const error = errorFrom(data);
    if (error.code !== "RATE_LIMITED" || entry.refusals >= RATE_LIMIT_TRIES) {
      this.#fail(entry, error);
      return;
    }
    entry.refusals += 1;
    entry.sent = false;
    entry.timer.clear();
    this.#pace.pause(error.retryAfter ?? this.#host.settings.backoffFirstMs * 2 ** entry.refusals);
  }

  /** Sends everything that is unsent, in order; a chat command that has to wait holds back the chat after it. */
  #flush(): void {
    if (!this.#open || this.#pace.paused) return;
    const limit = this.#host.messageBytes();
    let chatWaits = false;
    for (const entry of [...this.#entries.values()]) {
      if (entry.sent) continue;
      if (limit !== undefined && bytesOf(entry.text, limit) > limit) {
        this.#fail(entry, new MadangError("TOO_BIG", "The message is larger than the server takes."));
        continue;
      }
      if (CHAT.has(entry.type)) {
        chatWaits ||= !this.#pace.take();
        if (chatWaits) continue;
      }
      if (!this.#host.send(entry.text)) return;
      this.#sent(entry);
    }
  }

  #sent(entry: Entry): void {
    if (entry.everSent) this.#host.stats.resent += 1;
    entry.sent = true;
    entry.everSent = true;
    const late = () =>
      new MadangError("TIMEOUT", "The server did not answer in time.", { recoverable: true });
    entry.timer.set(entry.timeoutMs, () => this.#fail(entry, late()));
  }

  /** Of 1009 the largest is to blame; of 1008 the first, since commands are read in order. One each time, so it ends. */
  #failCulprit(sent: Entry[], code: number): void {
    const culprit = code === 1009 ? [...sent].sort((a, b) => b.text.length - a.text.length)[0] : sent[0];
    if (culprit === undefined) return;
    sent.splice(sent.indexOf(culprit), 1);
    const error =
      code === 1009
        ? new MadangError("TOO_BIG", "The message is larger than the server takes.")
        : new MadangError("INVALID_DATA", "The server refused the message.");
    this.#fail(culprit, error);
  }

  #fail(entry: Entry, error: MadangError): void {
    if (!this.#remove(entry)) return;
    entry.reject(error);
  }

  #remove(entry: Entry): boolean {
    entry.timer.clear();
    return this.#entries.delete(entry.id);
  }
}

function aborted(): MadangError {
  return new MadangError("ABORTED", "The command was taken back.");
}

/** UTF-8 bytes; exact only where it could matter. */
function bytesOf(text: string, limit: number): number {
  return text.length * 3 <= limit ? text.length : new TextEncoder().encode(text).length;
}
