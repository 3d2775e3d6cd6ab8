import type { Message } from "@madang/protocol";
import type { MadangError } from "../errors.js";
import type { PendingMessage } from "./state.js";

/** One's own messages between the click and the transcript. */
export class PendingMessages {
  #list: readonly PendingMessage[] = [];
  /** The ids the server gave to those that it acknowledged. */
  readonly #acknowledged = new Map<string, string>();

  /** Oldest first; the same array until it changes. */
  get list(): readonly PendingMessage[] {
    return this.#list;
  }

  get(id: string): PendingMessage | undefined {
    return this.#list.find((message) => message.id === id);
  }

  add(message: PendingMessage): void {
    this.#list = [...this.#list.filter((other) => other.id !== message.id), message];
  }

  remove(id: string): void {
    if (this.get(id) === undefined) return;
    this.#acknowledged.delete(id);
    this.#list = this.#list.filter((message) => message.id !== id);
  }

  fail(id: string, error: MadangError): void {
    this.#list = this.#list.map((message) =>
      message.id === id ? { ...message, state: "failed", error } : message,
    );
  }

  /** The server has it; it goes once the transcript shows it. */
  acknowledge(id: string, messageId: string | undefined, shown: boolean): void {
    if (messageId === undefined || shown) this.remove(id);
    else if (this.get(id) !== undefined) this.#acknowledged.set(id, messageId);
  }

  /** A snapshot has come: it holds everything that was acknowledged, even if not on the page or branch that is shown. */
  dropAcknowledged(): void {
    for (const id of [...this.#acknowledged.keys()]) this.remove(id);
  }

  /** Says what the connection means for those on their way. */
  mark(connected: boolean): void {
    const state = connected ? "sending" : "kept";
    if (!this.#list.some((message) => message.state !== state && message.state !== "failed")) return;
    this.#list = this.#list.map((message) => (message.state === "failed" ? message : { ...message, state }));
  }

  /**
   * The transcript shows a message of one's own: takes away the pending one that it is.
   *
   * After a reconnection the event can come before the repeated command's `ack`; then author and text must do.
   */
  shown(message: Message, mine: boolean, wasSent: (id: string) => boolean): void {
    const known = [...this.#acknowledged].find(([, messageId]) => messageId === message.message_id)?.[0];
    const alike = this.#list.find(
      (pending) =>
        mine &&
        pending.kind === message.kind &&
        pending.content === message.content &&
        pending.state !== "failed" &&
        !this.#acknowledged.has(pending.id) &&
        wasSent(pending.id),
    );
    const shown = known ?? alike?.id;
    if (shown !== undefined) this.remove(shown);
  }
}
