/** Deletes a message, with a way back for some seconds. */
import { useCallback } from "react";
import { useWords } from "../i18n/index.js";
import { scheduleDeletion, UNDO_MS, undoDeletion } from "../sessions/deletions.js";
import { notify } from "../shell/notices.js";

export const keyOf = (sessionId: string, messageId: string) => `${sessionId}/${messageId}`;

export function useDeleteMessage(sessionId: string, messageId: string): () => void {
  const t = useWords();
  return useCallback(() => {
    const key = keyOf(sessionId, messageId);
    scheduleDeletion(key, Date.now());
    notify({ kind: "undo", text: t("message.deleted.notice"), undo: () => undoDeletion(key) }, UNDO_MS);
  }, [sessionId, messageId, t]);
}
