/** Tells the system of what concerns one while nobody looks: a mention, the end of a reply that one asked for. */
import type { Message } from "@madang/protocol";
import { useEffect, useRef } from "react";
import { type Translate, useWords } from "../i18n/index.js";
import type { SessionView } from "../session/types.js";
import { tellSystem } from "../shell/notifications.js";
import { plainWords } from "./announcement.js";

export function useNotifying(sessionId: string, session: SessionView, me: string | undefined): void {
  const t = useWords();
  const { messages, running, summary } = session;
  const last = useRef<string>(undefined);
  const wrote = useRef<string>(undefined);
  const title = summary?.title || t("session.untitled");

  useEffect(() => {
    const before = last.current;
    last.current = messages.at(-1)?.message_id;
    if (before === undefined || me === undefined) return;
    const at = messages.findLastIndex((message) => message.message_id === before);
    if (at < 0) return;
    for (const message of messages.slice(at + 1)) {
      if (message.author.user_id === me || !message.mentions?.includes(me)) continue;
      tellSystem({ ...words(message, t), sessionId, messageId: message.message_id });
    }
  }, [messages, me, sessionId, t]);

  useEffect(() => {
    const ended = running === undefined ? wrote.current : undefined;
    wrote.current = running;
    if (ended === undefined) return;
    const reply = messages.find((message) => message.message_id === ended);
    const prompt = messages.find((message) => message.message_id === reply?.parent_id);
    if (!reply || prompt?.author.user_id !== me) return;
    tellSystem({ title, text: t("notify.replied"), sessionId, messageId: ended });
  }, [running, messages, me, sessionId, title, t]);
}

function words(message: Message, t: Translate): { title: string; text: string } {
  return {
    title: t("notify.mention", { name: message.author.display_name }),
    text: plainWords(message.content),
  };
}
