import type { Participant, SessionSnapshot } from "@madang/client";
import { useSessionPart } from "./useSessionPart.js";

/** Who belongs to a session, with roles, rights and colours; whether here or not. */
export function useParticipants(sessionId: string): readonly Participant[] {
  return useSessionPart(sessionId, participants);
}

function participants(session: SessionSnapshot): readonly Participant[] {
  return session.participants;
}
