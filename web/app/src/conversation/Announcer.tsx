/** What ears are told of a reply: that it begins, and once, when it has ended, what it says. */
import { useEffect, useRef, useState } from "react";
import { type Translate, useWords } from "../i18n/index.js";
import type { SessionView } from "../session/types.js";
import { announce } from "./announcement.js";

export function Announcer({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const words = useAnnouncement(session, t);
  return (
    <p className="unseen" aria-live="polite" aria-atomic="true" data-session={sessionId}>
      {words}
    </p>
  );
}

function useAnnouncement(session: SessionView, t: Translate): string {
  const [words, setWords] = useState("");
  const heard = useRef<string>(undefined);
  const { running, messages } = session;

  useEffect(() => {
    if (running) {
      heard.current = running;
      setWords(t("reply.writing"));
      return;
    }
    const ended = messages.findLast((message) => message.message_id === heard.current);
    if (!ended || ended.reply?.status === "streaming") return;
    heard.current = undefined;
    setWords(announce(ended, t));
  }, [running, messages, t]);

  return words;
}
