/** The window's title: the session's, so that tabs can be told apart. */
import { useEffect } from "react";
import { useWords } from "../i18n/index.js";
import { useSessions } from "../session/backend.js";

export function useTitle(sessionId: string | undefined): void {
  const t = useWords();
  const { sessions } = useSessions("");
  const title = sessions.find((session) => session.session_id === sessionId)?.title;
  useEffect(() => {
    document.title = title ? `${title} · ${t("app.name")}` : t("app.name");
  }, [title, t]);
}
