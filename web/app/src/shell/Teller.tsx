/**
 * Tells the system of what concerns one, in any of one's sessions, while nobody looks: a mention or an answer, the end of
 * a reply that one asked for, an invitation. Drawn only where notifications are on; shows nothing itself.
 */
import type { SessionSummary } from "@madang/protocol";
import { useEffect, useRef } from "react";
import { type Translate, useWords } from "../i18n/index.js";
import { useInvited, useSessions } from "../session/backend.js";
import { isSeen, showsContent, tellSystem, tellTabs } from "./notifications.js";

export default function Teller() {
  const t = useWords();
  useEffect(tellTabs, []);
  useTellingSessions(t);
  useTellingInvitations(t);
  return null;
}

/** By the number that the server keeps in each line of the list: more than before is news. */
function useTellingSessions(t: Translate): void {
  const { state, sessions } = useSessions("");
  const known = useRef(new Map<string, number>());
  /** The latest activity seen, by the server's clock. */
  const latest = useRef(Number.POSITIVE_INFINITY);

  useEffect(() => {
    if (state !== "here") return;
    for (const line of sessions) {
      const { session_id: id, unread_mentions: count, last_activity: at } = line;
      // A line seen for the first time is news only where something happened since: others come with an older page.
      const before = known.current.get(id) ?? (at > latest.current ? 0 : count);
      known.current.set(id, count);
      if (count > before) isSeen().then((seen) => !seen && tellNews(line, t));
    }
    latest.current = Math.max(0, ...sessions.map((line) => line.last_activity));
  }, [state, sessions, t]);
}

function tellNews(
  { session_id: sessionId, title, unread_mentions: count }: SessionSummary,
  t: Translate,
): void {
  if (!showsContent()) tellSystem({ title: t("app.name"), text: t("notify.news.quiet"), sessionId });
  else tellSystem({ title: title || t("session.untitled"), text: t("notify.news", { count }), sessionId });
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
        tellSystem({ title: t("app.name"), text, sessionId: session_id, to: "list" });
      });
    }
  }, [invited, t]);
}
