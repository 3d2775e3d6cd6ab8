import type { PendingMessage, SessionSnapshot } from "@madang/client";
import { useSessionPart } from "./useSessionPart.js";

/** One's own messages that are not in the transcript yet, oldest first. */
export function usePending(sessionId: string): readonly PendingMessage[] {
  return useSessionPart(sessionId, pending);
}

function pending(session: SessionSnapshot): readonly PendingMessage[] {
  return session.pending;
}
