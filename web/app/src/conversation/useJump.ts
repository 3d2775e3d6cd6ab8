/** Goes to one message, wherever in the history it is: older pages are loaded until it is there. */
import { useCallback, useEffect, useState } from "react";
import { useActions } from "../session/backend.js";
import type { SessionView } from "../session/types.js";
import { notify, tellTrouble } from "../shell/notices.js";
import { forgetMessage, useRoute } from "../shell/route.js";
import type { Row } from "./rows.js";

/** Milliseconds that a message stays marked after a jump to it. */
const MARKED_MS = 2_400;

interface Jump {
  /** The message that was jumped to, as long as it is marked. */
  marked: string | undefined;
  jumpTo: (messageId: string) => void;
}

export function useJump(
  sessionId: string,
  session: SessionView,
  rows: readonly Row[],
  goToRow: (index: number) => void,
  /** Called when it is nowhere on the branch that is shown. */
  onMissing: () => void,
): Jump {
  const { loadOlder } = useActions();
  const { messageId } = useRoute();
  const [wanted, setWanted] = useState<string>();
  const [marked, setMarked] = useState<string>();
  const { hasMore, loadingOlder, state } = session;

  useEffect(() => {
    if (messageId) setWanted(messageId);
  }, [messageId]);

  useEffect(() => {
    if (!wanted || state !== "here") return;
    const index = rows.findIndex((row) => row.kind === "message" && row.key === wanted);
    if (index < 0 && hasMore) {
      if (!loadingOlder) {
        loadOlder(sessionId).catch((error) => {
          setWanted(undefined);
          tellTrouble(error);
        });
      }
      return;
    }
    setWanted(undefined);
    forgetMessage();
    if (index < 0) {
      onMissing();
      notify({ kind: "words", key: "conversation.elsewhere" });
      return;
    }
    goToRow(index);
    setMarked(wanted);
  }, [wanted, rows, hasMore, loadingOlder, state, sessionId, loadOlder, goToRow, onMissing]);

  useEffect(() => {
    if (!marked) return;
    const timer = setTimeout(() => setMarked(undefined), MARKED_MS);
    return () => clearTimeout(timer);
  }, [marked]);

  return { marked, jumpTo: useCallback((id: string) => setWanted(id), []) };
}
