/** Carries out deletions whose time for "Undo" is over, and offers the undoing. */
import { useCallback, useEffect } from "react";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import { troubleOf } from "../session/trouble.js";
import { notify, tellTrouble } from "../shell/notices.js";
import { goTo } from "../shell/route.js";
import { dueDeletions, scheduleDeletion, UNDO_MS, undoDeletion, useDeletions } from "./deletions.js";

export function useDeletionClock(): void {
  const { deleteSession, deleteMessage } = useActions();
  const { connection } = useHere();
  const deletions = useDeletions();
  const connected = connection.kind === "connected";

  useEffect(() => {
    const times = Object.values(deletions);
    if (!connected || times.length === 0) return;
    const timer = setTimeout(
      () => {
        for (const key of dueDeletions(Date.now())) {
          const [sessionId = "", messageId] = key.split("/");
          (messageId ? deleteMessage(sessionId, messageId) : deleteSession(sessionId))
            .catch((error) => {
              // Somebody else was faster: that is what was wanted.
              if (!["NOT_FOUND", "INVALID_SESSION"].includes(troubleOf(error).code)) tellTrouble(error);
            })
            .finally(() => undoDeletion(key));
        }
      },
      Math.max(0, Math.min(...times) - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [connected, deletions, deleteSession, deleteMessage]);
}

export function useDelete(): (sessionId: string, title: string, open: boolean) => void {
  const t = useWords();
  return useCallback(
    (sessionId, title, open) => {
      scheduleDeletion(sessionId, Date.now());
      if (open) goTo({ sessionId: undefined });
      const undo = () => {
        undoDeletion(sessionId);
        if (open) goTo({ sessionId });
      };
      notify({ kind: "undo", text: t("session.deleted", { title }), undo }, UNDO_MS);
    },
    [t],
  );
}
