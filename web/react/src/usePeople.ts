import { peopleOf, type SessionPeople } from "@madang/client/people";
import { useMemo } from "react";
import { useClient } from "./useClient.js";

/** What one can do with the people, links, budget and past of a session. Renders nothing by itself. */
export function usePeople(sessionId: string): SessionPeople {
  const client = useClient();
  return useMemo(() => peopleOf(client, sessionId), [client, sessionId]);
}
