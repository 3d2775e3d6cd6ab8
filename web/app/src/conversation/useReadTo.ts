/** Where one had read to when one left, for the line "New since you left". Kept per session in this browser. */
import type { Message } from "@madang/protocol";
import { useEffect, useRef, useState } from "react";
import { read, write } from "../ui/storage.js";

const keyOf = (sessionId: string) => `madang.read.${sessionId}`;

/** The last message read before, when anything of others came after it. It stays put while the session is open. */
export function useReadTo(
  sessionId: string,
  messages: readonly Message[],
  atEnd: boolean,
  me: string | undefined,
  running: string | undefined,
): string | undefined {
  const [readTo, setReadTo] = useState<string>();
  const opened = useRef(false);
  // A reply that is still being written is not read yet.
  const last = messages.findLast((message) => message.message_id !== running);

  useEffect(() => {
    if (opened.current || !last) return;
    opened.current = true;
    const kept = read(keyOf(sessionId));
    const at = messages.findLastIndex((message) => message.message_id === kept);
    const fresh = at >= 0 && messages.slice(at + 1).some((message) => message.author.user_id !== me);
    if (fresh) setReadTo(kept);
  }, [sessionId, messages, last, me]);

  useEffect(() => {
    const keep = () => {
      if (atEnd && last && document.visibilityState === "visible") write(keyOf(sessionId), last.message_id);
    };
    keep();
    document.addEventListener("visibilitychange", keep);
    return () => document.removeEventListener("visibilitychange", keep);
  }, [sessionId, atEnd, last]);

  return readTo;
}
