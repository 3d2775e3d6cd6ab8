import type { SessionSnapshot } from "@madang/client";
import { useSessionPart } from "./useSessionPart.js";

/** The ids of the others who are typing, in the order in which they began. */
export function useTyping(sessionId: string): readonly string[] {
  return useSessionPart(sessionId, typing);
}

function typing(session: SessionSnapshot): readonly string[] {
  return session.typing;
}
