import type { InviteCreated, Role } from "@madang/client";
import { type InviteOptions, type InvitesSnapshot, InvitesStore } from "@madang/client/people";
import { useMemo } from "react";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** The links into a session, and what one can do with them. */
export interface InvitesList extends InvitesSnapshot {
  /** Makes a link; its code is in the answer, and nowhere else. */
  readonly create: (role: Role, options?: InviteOptions) => Promise<InviteCreated>;
  /** Ends a link. */
  readonly revoke: (inviteId: string) => Promise<void>;
  /** Asks again. */
  readonly reload: () => Promise<void>;
}

/** The links into a session that still hold; asked for when the component is mounted. */
export function useInvites(sessionId: string): InvitesList {
  const client = useClient();
  const store = useMemo(() => new InvitesStore(client, sessionId), [client, sessionId]);
  const state = useReadable(store, all);
  return useMemo(
    () => ({
      ...state,
      create: (role, options) => store.create(role, options),
      revoke: (inviteId) => store.revoke(inviteId),
      reload: () => store.reload(),
    }),
    [state, store],
  );
}

function all(state: InvitesSnapshot): InvitesSnapshot {
  return state;
}
