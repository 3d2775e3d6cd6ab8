import type { Presence, SessionSnapshot } from "@madang/client";
import { useSessionPart } from "./useSessionPart.js";

/** Who is here or away, and on how many devices. Who is not in it is neither. */
export function usePresence(sessionId: string): readonly Presence[] {
  return useSessionPart(sessionId, presence);
}

function presence(session: SessionSnapshot): readonly Presence[] {
  return session.presence;
}
