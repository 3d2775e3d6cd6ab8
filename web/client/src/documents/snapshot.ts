import type { MadangError } from "../errors.js";
import type { OpenPhase } from "./opener.js";
import type { DocumentSnapshot, DocumentStatus } from "./state.js";

/** What is known of a document when it is shown. */
export interface Known extends Omit<DocumentSnapshot, "state"> {
  readonly phase: OpenPhase;
  readonly error: MadangError | null;
  /** Whether there is a text. */
  readonly loaded: boolean;
  /** Whether something of one's own is not in the server's. */
  readonly unsent: boolean;
}

/** A document before anything is known of it. */
function unknown(at: Pick<Known, "sessionId" | "document">): Known {
  const nothing = { name: "", version: 0, error: null, loaded: false, unsent: false };
  return { ...at, ...nothing, phase: "closed", cursors: [], conflicts: [] };
}

/** The document now; the old object, if nothing in it has changed. */
export function nextSnapshot(
  old: DocumentSnapshot | null,
  known: Known | Pick<Known, "sessionId" | "document">,
): DocumentSnapshot {
  const now = "phase" in known ? known : unknown(known);
  const { sessionId, document, name, version, cursors, conflicts } = now;
  const state = statusOf(now);
  const kept = old !== null && sameState(old.state, state) ? old.state : state;
  const next: DocumentSnapshot = { sessionId, document, name, version, state: kept, cursors, conflicts };
  if (old === null) return next;
  const keys = Object.keys(next) as (keyof DocumentSnapshot)[];
  return keys.some((key) => !Object.is(next[key], old[key])) ? next : old;
}

function statusOf({ phase, error, loaded, unsent, conflicts }: Known): DocumentStatus {
  switch (phase) {
    case "closed":
      return { status: "closed" };
    case "gone":
    case "forbidden":
    case "failed":
      return error === null ? { status: "loading" } : { status: phase, error };
    case "offline":
      return loaded ? { status: "offline", unsent } : { status: "loading" };
    case "opening":
    case "live":
      if (!loaded) return { status: "loading" };
      if (conflicts.length > 0) return { status: "conflict" };
      return { status: unsent || phase === "opening" ? "saving" : "saved" };
  }
}

function sameState(a: DocumentStatus, b: DocumentStatus): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
