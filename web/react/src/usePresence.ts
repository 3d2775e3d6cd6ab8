import type { Presence, SessionSnapshot } from "@madang/client";
import { useSessionPart } from "./useSessionPart.js";

/** Who is here or away, by user id, and on how many devices; who is not in it is neither. */
export function usePresence(sessionId: string): ReadonlyMap<string, Presence> {
  return useSessionPart(sessionId, presence);
}

function presence(session: SessionSnapshot): ReadonlyMap<string, Presence> {
  return session.presence;
}
