import type { SessionsSnapshot } from "@madang/client";
import { useCallback } from "react";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** A list of sessions, and how to get more of it. */
export interface SessionsList extends SessionsSnapshot {
  /** Loads the next page. */
  readonly loadMore: () => Promise<void>;
  /** Asks for the first page again. */
  readonly reload: () => void;
}

/** The sessions whose titles contain `query`, newest activity first; all without. */
export function useSessions(query = ""): SessionsList {
  const list = useClient().sessions(query);
  const state = useReadable(list, all);
  const loadMore = useCallback(() => list.loadMore(), [list]);
  const reload = useCallback(() => list.reload(), [list]);
  return { ...state, loadMore, reload };
}

function all(state: SessionsSnapshot): SessionsSnapshot {
  return state;
}
