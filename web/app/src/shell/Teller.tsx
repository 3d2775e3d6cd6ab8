/**
 * Tells the system of what concerns one, in any of one's sessions, while nobody looks: a mention, the end of a reply that
 * one asked for, an invitation. Drawn only where notifications are on; shows nothing itself.
 *
 * Of a session that isn't open the server sends its line of the list alone, which doesn't say for whom the news is. So
 * the newest messages are asked for when a line has changed, and only then.
 */
import type { SessionSummary } from "@madang/protocol";
import { useEffect, useRef } from "react";
import { plainWords } from "../conversation/announcement.js";
import { type Translate, useWords } from "../i18n/index.js";
import { useActions, useHere, useInvited, useSessions } from "../session/backend.js";
import { isSeen, showsContent, tellSystem, tellTabs } from "./notifications.js";
import { type News, newsOf } from "./telling.js";

/** Milliseconds between a line's change and the question: lines change several times for one reply. */
const SETTLE_MS = 400;
/** Messages asked for; older ones are no news. */
const NEWEST = 20;

export default function Teller() {
  const t = useWords();
  const { me } = useHere();
  useEffect(tellTabs, []);
  useTellingSessions(me?.userId, t);
  useTellingInvitations(t);
  return null;
}

/** A session to look into: its line now, and when it was last known to be quiet. */
interface Due {
  line: SessionSummary;
  since: number;
}

function useTellingSessions(me: string | undefined, t: Translate): void {
  const { state, sessions } = useSessions("");
  const { newest } = useActions();
  const lines = useRef(new Map<string, SessionSummary>());
  const due = useRef(new Map<string, Due>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (state !== "here" || me === undefined) return;
    for (const line of sessions) {
      const before = lines.current.get(line.session_id);
      lines.current.set(line.session_id, line);
      if (!before || !hasNews(before, line) || document.visibilityState === "visible") continue;
      const since = due.current.get(line.session_id)?.since ?? before.last_activity;
      due.current.set(line.session_id, { line, since });
    }
    if (due.current.size === 0) return;
    // A timer that every change put off would wait for a lively session for ever.
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const looks = [...due.current.values()];
      due.current.clear();
      for (const { line, since } of looks) {
        newest(line.session_id, NEWEST)
          .then(async (messages) => {
            const news = newsOf(messages, me, since);
            if (news && !(await isSeen())) tellNews(line, news, t);
          })
          // A session that was left meanwhile, a lost connection: its number in the title has to do.
          .catch(() => undefined);
      }
    }, SETTLE_MS);
  }, [state, sessions, me, newest, t]);
}

const hasNews = (before: SessionSummary, now: SessionSummary): boolean =>
  now.unread > before.unread || (before.running && !now.running);

function tellNews(line: SessionSummary, { kind, message }: News, t: Translate): void {
  const to = { sessionId: line.session_id, messageId: message.message_id };
  if (!showsContent()) {
    const words = t(kind === "mention" ? "notify.mention.quiet" : `notify.${kind}`);
    tellSystem({ title: t("app.name"), text: words, ...to });
    return;
  }
  const title = line.title || t("session.untitled");
  if (kind === "mention") {
    const name = message.author.display_name;
    tellSystem({ title: t("notify.mention", { name, title }), text: plainWords(message.content), ...to });
  } else {
    tellSystem({ title, text: t(`notify.${kind}`), ...to });
  }
}

function useTellingInvitations(t: Translate): void {
  const invited = useInvited();
  const known = useRef(new Set<string>());
  useEffect(() => {
    const fresh = invited.filter(({ session_id }) => !known.current.has(session_id));
    known.current = new Set(invited.map(({ session_id }) => session_id));
    for (const { session_id, by, title } of fresh) {
      const words = t("invited.by", { name: by.display_name, title: title || t("session.untitled") });
      isSeen().then((seen) => {
        if (seen) return;
        const text = showsContent() ? words : t("notify.invited.quiet");
        tellSystem({ title: t("app.name"), text, sessionId: session_id });
      });
    }
  }, [invited, t]);
}
