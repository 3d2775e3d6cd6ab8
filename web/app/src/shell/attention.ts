/** What the window says from afar: its title, with how much is unread, and a dot on its icon. */
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
  const unread = sessions.reduce(
    // What is open is being read.
    (sum, session) => sum + (session.session_id === openId && visible ? 0 : session.unread),
    // An invitation waits for an answer as well.
    invited.length,
  );

  useEffect(() => {
    const name = title ? `${title} · ${t("app.name")}` : t("app.name");
    const count = unread > COUNT_MAX ? `${COUNT_MAX}+` : String(unread);
    document.title = unread > 0 ? `(${count}) ${name}` : name;
  }, [title, unread, t]);

  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = unread > 0 ? "/icon-dot.svg" : "/icon.svg";
  }, [unread]);
}
