/** Where one had read to when one came, for the line "New since you left"; and telling how far one has read now. */
import type { Message } from "@madang/protocol";
import { useEffect, useRef, useState } from "react";
import { useActions } from "../session/backend.js";
import type { SessionView } from "../session/types.js";
import { useVisible } from "../ui/useVisible.js";

/** What was unread when one came. It stays put while the session is open. */
export interface Unread {
  /** The last message read before. */
  readTo: string;
  count: number;
}

/** What others wrote after the mark; nothing where one was never before, or where the mark is at the end. */
export function unreadAt(session: SessionView, me: string | undefined): Unread | undefined {
  const { readTo, messages, summary, queued, running } = session;
  if (readTo === undefined) return undefined;
  // What waits its turn, or is being written before one's eyes, is not what one missed.
  const waits = new Set([running, ...queued.map((turn) => turn.prompt_id)]);
  const at = messages.findLastIndex((message) => message.message_id === readTo);
  // Further up than what is loaded: only the server can have counted.
  if (at < 0) return summary && summary.unread > 0 ? { readTo, count: summary.unread } : undefined;
  const fresh = messages.slice(at + 1).filter((message) => {
    return message.author.user_id !== me && !waits.has(message.message_id);
  });
  return fresh.length > 0 ? { readTo, count: fresh.length } : undefined;
}

export function useUnread(
  sessionId: string,
  session: SessionView,
  atEnd: boolean,
  me: string | undefined,
): Unread | undefined {
  const { markRead } = useActions();
  const visible = useVisible();
  const [unread, setUnread] = useState<Unread>();
  const opened = useRef(false);
  const marked = useRef<string>(undefined);
  const last = lastRead(session);
  const known = session.state === "here" && last !== undefined;

  useEffect(() => {
    if (opened.current || !known) return;
    opened.current = true;
    setUnread(unreadAt(session, me));
  }, [known, session, me]);

  useEffect(() => {
    if (!known || !atEnd || !visible || last === marked.current || last === session.readTo) return;
    marked.current = last;
    markRead(sessionId, last);
  }, [known, atEnd, visible, last, session.readTo, sessionId, markRead]);

  return unread;
}

/** A reply that is still being written is not read yet, nor is what waits its turn. */
function lastRead({ messages, running, queued }: SessionView): string | undefined {
  const waits = (message: Message) => queued.some((turn) => turn.prompt_id === message.message_id);
  return messages.findLast((message) => message.message_id !== running && !waits(message))?.message_id;
}
