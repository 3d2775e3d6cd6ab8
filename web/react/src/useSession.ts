import type { SessionSnapshot } from "@madang/client";
import { useReadable } from "./useReadable.js";
import { useSessionStore } from "./useSessionStore.js";

/** A session, followed while the component is mounted; all but the text of the running reply. */
export function useSession(sessionId: string): SessionSnapshot {
  return useReadable(useSessionStore(sessionId), all);
}

function all(state: SessionSnapshot): SessionSnapshot {
  return state;
}
