/** Short sentences at the edge of the window: what went wrong, and what can still be undone. */
import { useSyncExternalStore } from "react";
import type { Key } from "../i18n/index.js";
import { troubleOf } from "../session/trouble.js";
import type { Trouble } from "../session/types.js";

export type Notice =
  | { id: number; kind: "trouble"; trouble: Trouble }
  | { id: number; kind: "words"; key: Key }
  | { id: number; kind: "undo"; text: string; undo: () => void };

type NewNotice =
  | { kind: "trouble"; trouble: Trouble }
  | { kind: "words"; key: Key }
  | { kind: "undo"; text: string; undo: () => void };

/** Notices shown at once; an older one gives way. */
const SHOWN_MAX = 3;
/** Milliseconds that a trouble stays; longer than it takes to read twice. */
const TROUBLE_MS = 12_000;

let notices: readonly Notice[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(to: readonly Notice[]): void {
  notices = to;
  for (const listener of listeners) listener();
}

export function dismiss(id: number): void {
  change(notices.filter((notice) => notice.id !== id));
}

export function notify(notice: NewNotice, forMs = TROUBLE_MS): number {
  const id = next++;
  change([...notices, { ...notice, id }].slice(-SHOWN_MAX));
  setTimeout(() => dismiss(id), forMs);
  return id;
}

/** For the end of a promise that nobody waits for. */
export function tellTrouble(error: unknown): void {
  notify({ kind: "trouble", trouble: troubleOf(error) });
}

export function useNotices(): readonly Notice[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
}
