import type { Message, SessionSnapshot } from "@madang/client";
import { useSessionPart } from "./useSessionPart.js";

/** The messages of the current branch, oldest first; a running reply is there, empty (see `useRunningReply`). */
export function useMessages(sessionId: string): readonly Message[] {
  return useSessionPart(sessionId, messages);
}

function messages(session: SessionSnapshot): readonly Message[] {
  return session.messages;
}
