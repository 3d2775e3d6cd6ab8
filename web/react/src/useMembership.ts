import type { Participant } from "@madang/client";
import { useParticipants } from "./useParticipants.js";
import { useServer } from "./useServer.js";

/** Oneself in a session, with one's role and rights; undefined when one does not belong to it, or it is not here yet. */
export function useMembership(sessionId: string): Participant | undefined {
  const me = useServer()?.user_id;
  return useParticipants(sessionId).find((person) => person.user_id === me);
}
