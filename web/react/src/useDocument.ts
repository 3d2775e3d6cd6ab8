import {
  type DocumentSnapshot,
  type DocumentStore,
  documentsOf,
  type Resolution,
} from "@madang/client/documents";
import { useEffect, useMemo } from "react";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** A shared document but for its text, and what one can do with it. */
export interface SharedDocument extends DocumentSnapshot {
  /** For the binding of an editor; the same object as long as the document is the same. */
  readonly store: DocumentStore;
  /** Decides what is made of edits that were not taken. */
  readonly resolve: (conflictId: string, how: Resolution) => void;
}

/** A document of a session, by default the one that every session has; open while the component is mounted. */
export function useDocument(sessionId: string, document?: number): SharedDocument {
  const store = documentsOf(useClient()).of(sessionId).document(document);
  useEffect(() => store.open(), [store]);
  const state = useReadable(store, all);
  return useMemo(
    () => ({ ...state, store, resolve: (conflictId, how) => store.resolve(conflictId, how) }),
    [state, store],
  );
}

function all(state: DocumentSnapshot): DocumentSnapshot {
  return state;
}
