import { type SearchSnapshot, SearchStore } from "@madang/client/people";
import { useEffect, useMemo } from "react";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** What a search found, and how to get more of it. */
export interface Search extends SearchSnapshot {
  /** Loads the next page. */
  readonly loadMore: () => void;
}

/** The messages that hold these words, of all sessions that one may see or of one; looked for while one types. */
export function useSearch(query: string, sessionId?: string): Search {
  const client = useClient();
  const store = useMemo(() => new SearchStore(client, sessionId), [client, sessionId]);
  useEffect(() => {
    store.find(query);
  }, [store, query]);
  useEffect(() => () => store.find(""), [store]);
  const state = useReadable(store, all);
  return useMemo(() => ({ ...state, loadMore: () => store.loadMore() }), [state, store]);
}

function all(state: SearchSnapshot): SearchSnapshot {
  return state;
}
