/** What ears are told of a reply: that it begins, and once, when it has ended, what it says. */
import { useEffect, useRef, useState } from "react";
import { type Translate, useWords } from "../i18n/index.js";
import type { SessionView } from "../session/types.js";
import { announce, beginning, plainWords } from "./announcement.js";
import { useTalk } from "./talk.js";

export function Announcer({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const words = useAnnouncement(session, t);
  const said = useSaid(session, t);
  return (
    <>
      <p className="unseen" aria-live="polite" aria-atomic="true" data-session={sessionId}>
        {words}
      </p>
      <p className="unseen" aria-live="polite" aria-atomic="true">
        {said}
      </p>
    </>
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

/** What other people write, as it comes. */
function useSaid({ messages }: SessionView, t: Translate): string {
  const { me } = useTalk();
  const [words, setWords] = useState("");
  const last = useRef<string>(undefined);

  useEffect(() => {
    const before = last.current;
    const newest = messages.at(-1);
    last.current = newest?.message_id;
    if (!newest || before === undefined || newest.message_id === before) return;
    if (newest.kind === "reply" || newest.author.user_id === me) return;
    const text = beginning(plainWords(newest.content));
    setWords(t("message.said", { name: newest.author.display_name, text }));
  }, [messages, me, t]);

  return words;
}
