import type { SessionSnapshot } from "@madang/client";
import { useMemo } from "react";
import { useReadable } from "./useReadable.js";
import { useServer } from "./useServer.js";
import { useSessionStore } from "./useSessionStore.js";

/** How far one has read in a session. */
export interface Unread {
  /** Messages after the mark. */
  readonly count: number;
  /** Those of them that concern one: that name one, answer one's own, or are Claude's replies to one's prompts. */
  readonly mentions: number;
  /** The last message read; null while none is. */
  readonly readTo: string | null;
  /** The first message of others after the mark, as far as messages are loaded. */
  readonly first: string | undefined;
  /** One has read up to a message, or all. The mark only ever moves on. */
  readonly markRead: (messageId?: string) => void;
}

/** How far one has read, and how to say that one has read on. */
export function useUnread(sessionId: string): Unread {
  const store = useSessionStore(sessionId);
  const me = useServer()?.user_id;
  const count = useReadable(store, unread);
  const mentions = useReadable(store, concerning);
  const readTo = useReadable(store, mark);
  const messages = useReadable(store, entries);
  return useMemo(() => {
    const after = messages.slice(messages.findIndex((one) => one.message_id === readTo) + 1);
    const first = count === 0 ? undefined : after.find((one) => one.author.user_id !== me)?.message_id;
    return { count, mentions, readTo, first, markRead: (messageId) => store.markRead(messageId) };
  }, [store, me, count, mentions, readTo, messages]);
}

function unread(session: SessionSnapshot): number {
  return session.summary?.unread ?? 0;
}

function concerning(session: SessionSnapshot): number {
  return session.summary?.unread_mentions ?? 0;
}

function mark(session: SessionSnapshot): string | null {
  return session.readTo;
}

function entries(session: SessionSnapshot): SessionSnapshot["messages"] {
  return session.messages;
}
