import type { SessionSnapshot } from "@madang/client";
import { useReadable } from "./useReadable.js";
import { useSessionStore } from "./useSessionStore.js";

/** One part of a session; renders again only when that part changes. `select` must not make new objects. */
export function useSessionPart<U>(sessionId: string, select: (session: SessionSnapshot) => U): U {
  return useReadable(useSessionStore(sessionId), select);
}
