/** The transcript as rows to draw: days, what is new, messages, and what is on its way. */
import type { Message } from "@madang/protocol";
import { dayOf } from "../i18n/format.js";
import type { Pending } from "../session/types.js";

export type Row =
  | { kind: "start"; key: "start"; loading: boolean; hasMore: boolean }
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: "new" }
  | { kind: "message"; key: string; message: Message; named: boolean; last: boolean }
  | { kind: "pending"; key: string; pending: Pending; named: boolean };

/** Milliseconds after which a person's name is said again. */
const GROUP_MS = 5 * 60_000;

export interface RowSource {
  messages: readonly Message[];
  pending: readonly Pending[];
  /** Prompts that wait above the composer instead. */
  queued: ReadonlySet<string>;
  /** The last message that was read before; what follows it is new. */
  readTo: string | undefined;
  me: string | undefined;
  hasMore: boolean;
  loadingOlder: boolean;
}

export function buildRows(source: RowSource): Row[] {
  const rows: Row[] = [
    { kind: "start", key: "start", loading: source.loadingOlder, hasMore: source.hasMore },
  ];
  const messages = source.messages.filter((message) => !source.queued.has(message.message_id));
  // How the oldest looks depends on the one before it, which is yet to come: shown now, it would change then,
  // and move what one reads.
  const hidden = source.hasMore && messages.length > 1 ? 1 : 0;
  let before: Message | undefined = messages[hidden - 1];
  for (const message of messages.slice(hidden)) {
    const newDay = !before || dayOf(before.created_at) !== dayOf(message.created_at);
    const unread = before !== undefined && before.message_id === source.readTo;
    if (newDay) rows.push({ kind: "day", key: `day-${dayOf(message.created_at)}`, at: message.created_at });
    if (unread) rows.push({ kind: "new", key: "new" });
    rows.push({
      kind: "message",
      key: message.message_id,
      message,
      named: newDay || unread || !sameGroup(before && wordsOf(before), wordsOf(message)),
      last: message === messages.at(-1),
    });
    before = message;
  }
  let said = before && wordsOf(before);
  for (const pending of source.pending) {
    const words = pendingWords(pending, source.me);
    rows.push({ kind: "pending", key: pending.id, pending, named: !sameGroup(said, words) });
    said = words;
  }
  return rows;
}

/** What decides whether a name is said again. */
interface Words {
  by: string | undefined;
  kind: Message["kind"];
  at: number;
}

function wordsOf(message: Message): Words {
  return { by: message.author.user_id, kind: message.kind, at: message.created_at };
}

function pendingWords(pending: Pending, me: string | undefined): Words {
  return { by: me, kind: pending.to === "claude" ? "prompt" : "chat", at: pending.createdAt };
}

function sameGroup(before: Words | undefined, words: Words): boolean {
  if (!before || before.kind === "reply" || words.kind === "reply") return false;
  return before.by === words.by && before.kind === words.kind && words.at - before.at < GROUP_MS;
}

/** How many messages follow the last one that was seen; 0 where that one isn't known. */
export function countUnseen(
  messages: readonly Message[],
  seen: string | undefined,
  me: string | undefined,
): number {
  const at = seen === undefined ? -1 : messages.findLastIndex((message) => message.message_id === seen);
  if (at < 0) return 0;
  return messages.slice(at + 1).filter((message) => message.author.user_id !== me).length;
}

/** Pixels that a row probably takes, before it is drawn and measured. */
export function estimateRow(row: Row | undefined, width: number): number {
  switch (row?.kind) {
    case "message": {
      const perLine = Math.max(24, Math.min(width, 680) / 8);
      const text = row.message.content;
      const lines = Math.max(1, Math.ceil(text.length / perLine) + text.split("\n").length - 1);
      return (row.message.kind === "reply" ? 92 : 56) + lines * 24;
    }
    case "pending":
      return 80;
    case "day":
    case "new":
      return 48;
    default:
      return 24;
  }
}
