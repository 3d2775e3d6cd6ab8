import type { Ack, Message } from "@madang/protocol";
import { asMadangError } from "../errors.js";
import type { StoreHost } from "./host.js";
import { PendingMessages } from "./pending.js";
import type { PendingMessage } from "./state.js";

/** What one's own messages need of their session. */
export interface OutgoingEvents {
  /** Hands a message to the server. */
  send(message: PendingMessage): Promise<Ack>;
  /** Whether the transcript has a message, or never will while nobody follows it. */
  settles(messageId: string): boolean;
  /** The list is another. */
  changed(): void;
}

/** One's own messages on their way: sent, kept, refused, sent again. */
export class Outgoing {
  readonly #host: StoreHost;
  readonly #events: OutgoingEvents;
  readonly #pending = new PendingMessages();

  constructor(host: StoreHost, events: OutgoingEvents) {
    this.#host = host;
    this.#events = events;
  }

  /** Oldest first; the same array until it changes. */
  get list(): readonly PendingMessage[] {
    return this.#pending.list;
  }

  post(message: PendingMessage): Promise<Ack> {
    const { id } = message;
    this.#pending.add({ ...message, state: this.#host.connected() ? "sending" : "kept", error: undefined });
    this.#events.changed();
    const sent = this.#events.send(message).then(
      (ack) => {
        const settled = ack.message_id === undefined || this.#events.settles(ack.message_id);
        this.#pending.acknowledge(id, ack.message_id, settled);
        this.#events.changed();
        return ack;
      },
      (error: unknown) => {
        const failure = asMadangError(error);
        if (failure.code === "ABORTED") this.#pending.remove(id);
        else this.#pending.fail(id, failure);
        this.#events.changed();
        throw failure;
      },
    );
    // The pending message tells of the failure; a caller who doesn't listen need not hear of it again.
    sent.catch(() => {});
    return sent;
  }

  /** Sends a failed message again. */
  retry(pendingId: string): void {
    const failed = this.#pending.get(pendingId);
    if (failed?.state !== "failed") return;
    // Where the answer never came, the same id keeps it from being written twice; a refusal may be remembered.
    const id = failed.error?.code === "TIMEOUT" ? pendingId : this.#host.newId();
    this.#pending.remove(pendingId);
    this.post({ ...failed, id });
  }

  /** Takes back a message that failed or waits for a connection. */
  discard(pendingId: string): void {
    this.#host.drop(pendingId);
    this.#pending.remove(pendingId);
    this.#events.changed();
  }

  /** Takes up the messages that an earlier page left. */
  restore(messages: readonly PendingMessage[]): void {
    for (const message of messages) {
      if (message.state === "failed") this.#pending.add(message);
      else this.post(message);
    }
    this.#events.changed();
  }

  /** Says what the connection means for those on their way. */
  mark(connected: boolean): void {
    this.#pending.mark(connected);
  }

  /** The transcript shows a message: it may be one that was pending. */
  shown(message: Message | undefined): void {
    if (message === undefined) return;
    const mine = message.author.user_id === this.#host.userId();
    this.#pending.shown(message, mine, (pendingId) => !this.#host.isUnsent(pendingId));
  }

  /** A snapshot has come, which holds everything that was acknowledged. */
  dropAcknowledged(): void {
    this.#pending.dropAcknowledged();
  }
}
