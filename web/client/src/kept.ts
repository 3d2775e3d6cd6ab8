import { MadangError } from "./errors.js";
import type { PendingMessage } from "./session/state.js";
import type { MessageKeeper, OutboxStorage } from "./types.js";

/** Where they are. */
const KEY = "madang.pending";
/** Messages kept in all; the oldest are let go. Bounded because storage is small and shared with the app. */
const KEPT_MAX = 64;

type Kept = [sessionId: string, messages: readonly PendingMessage[]];

/** Keeps messages in a `Storage`: `createClient({ keeper: keepIn(sessionStorage) })`. One keeper for one client. */
export function keepIn(storage: OutboxStorage): MessageKeeper {
  return new StorageKeeper(storage);
}

class StorageKeeper implements MessageKeeper {
  readonly #storage: OutboxStorage;
  #user: string | undefined;
  readonly #sessions = new Map<string, readonly PendingMessage[]>();

  constructor(storage: OutboxStorage) {
    this.#storage = storage;
  }

  open(user: string): Kept[] {
    if (this.#user === user) return [];
    this.#user = user;
    this.#sessions.clear();
    const saved: unknown = JSON.parse(this.#storage.getItem(KEY) ?? "null");
    if (!isSaved(saved) || saved.user !== user) return [];
    return saved.sessions.map(([id, messages]) => [id, messages.filter(isMessage).map(revived)]);
  }

  keep(sessionId: string, messages: readonly PendingMessage[]): void {
    if (this.#user === undefined) return;
    this.#sessions.delete(sessionId);
    if (messages.length > 0) this.#sessions.set(sessionId, messages.slice(-KEPT_MAX));
    if (this.#sessions.size === 0) this.#storage.removeItem(KEY);
    else this.#storage.setItem(KEY, JSON.stringify({ user: this.#user, sessions: this.#bounded() }));
  }

  #bounded(): Kept[] {
    const newestFirst = [...this.#sessions].reverse();
    let room = KEPT_MAX;
    const kept = newestFirst.map(([id, messages]): Kept => {
      const taken = messages.slice(-Math.max(room, 0));
      room -= taken.length;
      return [id, taken];
    });
    return kept.slice(0, KEPT_MAX).reverse();
  }
}

function isSaved(value: unknown): value is { user: string; sessions: [string, unknown[]][] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "user" in value &&
    "sessions" in value &&
    Array.isArray(value.sessions) &&
    value.sessions.every((one) => Array.isArray(one) && typeof one[0] === "string" && Array.isArray(one[1]))
  );
}

function isMessage(value: unknown): value is PendingMessage {
  if (typeof value !== "object" || value === null) return false;
  const { id, content, kind, mentions = [] } = value as { readonly [K in keyof PendingMessage]?: unknown };
  const known = kind === "prompt" || kind === "chat";
  return typeof id === "string" && typeof content === "string" && known && Array.isArray(mentions);
}

/** An error loses its class in storage. */
function revived(message: PendingMessage): PendingMessage {
  if (message.state !== "failed") return message;
  const error = new MadangError(message.error?.code ?? "TIMEOUT", "It was not sent.", { recoverable: true });
  return { ...message, error };
}
