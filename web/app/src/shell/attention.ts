/** What the window says from afar: how much waits for one in its title, and that something is unread by a dot. */
import { useEffect } from "react";
import { useWords } from "../i18n/index.js";
import { useInvited, useSessions } from "../session/backend.js";
import { useVisible } from "../ui/useVisible.js";

/** Beyond, the title says "99+". */
const COUNT_MAX = 99;

export function useAttention(openId: string | undefined): void {
  const t = useWords();
  const visible = useVisible();
  const { sessions } = useSessions("");
  const invited = useInvited();
  const title = sessions.find((session) => session.session_id === openId)?.title;
  // What is open is being read.
  const others = sessions.filter(({ session_id }) => session_id !== openId || !visible);
  // An invitation waits for an answer as well.
  const mine = others.reduce((sum, { unread_mentions }) => sum + (unread_mentions ?? 0), invited.length);
  const unread = mine > 0 || others.some((session) => session.unread > 0);

  useEffect(() => {
    const name = title ? `${title} · ${t("app.name")}` : t("app.name");
    const count = mine > COUNT_MAX ? `${COUNT_MAX}+` : String(mine);
    document.title = mine > 0 ? `(${count}) ${name}` : unread ? `• ${name}` : name;
  }, [title, mine, unread, t]);

  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = unread ? "/icon-dot.svg" : "/icon.svg";
  }, [unread]);
}
