import type { OutboxStorage } from "../types.js";
import { DRAFTS_MAX } from "./limits.js";
import type { Mirror } from "./mirror.js";
import type { Conflict } from "./state.js";
import { type ChangeJson, jsonOf } from "./text.js";

/** Where they are. */
const KEY = "madang.drafts";

/** What of a document the server does not have, as it outlives a page. */
export interface Draft {
  readonly epoch: string;
  /** The version that `sent` changes. */
  readonly version: number;
  readonly sent: { readonly id: string; readonly change: ChangeJson } | null;
  readonly buffer: ChangeJson | null;
  readonly conflicts: readonly Omit<Conflict, "error">[];
}

/** Keeps what was typed and not saved. May throw; that is reported and costs nothing else. */
export interface DraftKeeper {
  /** What this user left of a document. Another person's drafts are let go. */
  read(userId: string, sessionId: string, document: number): Draft | null;
  /** Keeps what there is of a document in place of what was; null: there is nothing. */
  keep(userId: string, sessionId: string, document: number, draft: Draft | null): void;
}

/** Keeps drafts in a `Storage`: `documentsOf(client, { keeper: keepDraftsIn(sessionStorage) })`. One keeper for one client. */
export function keepDraftsIn(storage: OutboxStorage): DraftKeeper {
  return new StorageKeeper(storage);
}

/** What of a mirror is to outlive the page; null when nothing is. */
export function draftOf(mirror: Mirror, conflicts: readonly Conflict[]): Draft | null {
  const { unsent, epoch, version } = mirror;
  if (unsent === null && conflicts.length === 0) return null;
  const { sent = null, buffer = null } = unsent ?? {};
  return {
    epoch,
    version,
    sent: sent && { id: sent.id, change: jsonOf(sent.change) },
    buffer: buffer && jsonOf(buffer),
    conflicts: conflicts.map(({ id, base, mine }) => ({ id, base, mine })),
  };
}

class StorageKeeper implements DraftKeeper {
  readonly #storage: OutboxStorage;
  #user: string | undefined;
  readonly #drafts = new Map<string, Draft>();

  constructor(storage: OutboxStorage) {
    this.#storage = storage;
  }

  read(userId: string, sessionId: string, document: number): Draft | null {
    this.#open(userId);
    return this.#drafts.get(keyOf(sessionId, document)) ?? null;
  }

  keep(userId: string, sessionId: string, document: number, draft: Draft | null): void {
    this.#open(userId);
    const key = keyOf(sessionId, document);
    if (!this.#drafts.delete(key) && draft === null) return;
    if (draft !== null) this.#drafts.set(key, draft);
    const kept = [...this.#drafts].slice(-DRAFTS_MAX);
    if (kept.length === 0) this.#storage.removeItem(KEY);
    else this.#storage.setItem(KEY, JSON.stringify({ user: userId, drafts: kept }));
  }

  #open(userId: string): void {
    if (this.#user === userId) return;
    this.#user = userId;
    this.#drafts.clear();
    for (const [key, draft] of savedBy(userId, this.#storage.getItem(KEY))) this.#drafts.set(key, draft);
  }
}

function keyOf(sessionId: string, document: number): string {
  return `${sessionId}/${document}`;
}

function savedBy(userId: string, text: string | null): [string, Draft][] {
  let saved: unknown;
  try {
    saved = JSON.parse(text ?? "null");
  } catch {
    return [];
  }
  if (!isObject(saved) || saved["user"] !== userId || !Array.isArray(saved["drafts"])) return [];
  return saved["drafts"].filter(isEntry);
}

function isEntry(value: unknown): value is [string, Draft] {
  if (!Array.isArray(value) || typeof value[0] !== "string" || !isObject(value[1])) return false;
  const { epoch, version, sent, buffer, conflicts } = value[1];
  return (
    typeof epoch === "string" &&
    Number.isSafeInteger(version) &&
    (sent === null || (isObject(sent) && typeof sent["id"] === "string" && Array.isArray(sent["change"]))) &&
    (buffer === null || Array.isArray(buffer)) &&
    Array.isArray(conflicts) &&
    conflicts.every(isConflict)
  );
}

function isConflict(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { id, base, mine } = value;
  return typeof id === "string" && typeof mine === "string" && (base === null || typeof base === "string");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
