/**
 * Deleting with a way back: a session is hidden at once and deleted when the time for "Undo" is over. Kept in
 * the browser, so that closing the page in between doesn't bring it back.
 */
import { useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";

/** Milliseconds in which it can be undone. */
export const UNDO_MS = 6000;

const KEY = "madang.deletions";

/** Session ids and when they are to be deleted, in Unix milliseconds. */
type Due = Readonly<Record<string, number>>;

function load(): Due {
  try {
    const kept: unknown = JSON.parse(read(KEY) ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, at]) => typeof at === "number"));
  } catch {
    return {};
  }
}

let due: Due = load();
const listeners = new Set<() => void>();

function change(to: Due): void {
  due = to;
  write(KEY, Object.keys(to).length > 0 ? JSON.stringify(to) : undefined);
  for (const listener of listeners) listener();
}

export function scheduleDeletion(sessionId: string, now: number): void {
  change({ ...due, [sessionId]: now + UNDO_MS });
}

export function undoDeletion(sessionId: string): void {
  const { [sessionId]: _, ...rest } = due;
  change(rest);
}

/** The sessions whose time is over. */
export function dueDeletions(now: number): string[] {
  return Object.entries(due)
    .filter(([, at]) => at <= now)
    .map(([sessionId]) => sessionId);
}

export function useDeletions(): Due {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => due,
  );
}
