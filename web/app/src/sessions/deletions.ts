/**
 * Deleting with a way back: a session or message is hidden at once and deleted when the time for "Undo" is over.
 * Kept in the browser, so that closing the page in between doesn't bring it back.
 */
import { useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";

/** Milliseconds in which it can be undone. */
export const UNDO_MS = 5000;

const KEY = "madang.deletions";

/** What is to be deleted (`SESSION`, or `SESSION/MESSAGE`) and when, in Unix milliseconds. */
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

export function scheduleDeletion(key: string, now: number): void {
  change({ ...due, [key]: now + UNDO_MS });
}

export function undoDeletion(key: string): void {
  const { [key]: _, ...rest } = due;
  change(rest);
}

/** Those whose time is over. */
export function dueDeletions(now: number): string[] {
  return Object.entries(due)
    .filter(([, at]) => at <= now)
    .map(([key]) => key);
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
