import type { SessionStore } from "@madang/client";
import { useEffect } from "react";
import { useClient } from "./useClient.js";

/** The store of a session, followed while the component is mounted. Renders nothing by itself; its methods do things. */
export function useSessionStore(sessionId: string): SessionStore {
  const store = useClient().session(sessionId);
  useEffect(() => store.follow(), [store]);
  return store;
}
