/** What was begun and not sent, per session. It survives reloads, crashes and other tabs. */
import { useCallback, useEffect, useState } from "react";
import { keysOf, read, write } from "../ui/storage.js";

const PREFIX = "madang.draft.";
/** Drafts kept; the oldest in order of key goes first. */
const DRAFTS_MAX = 200;

/** Where the draft of a session that doesn't exist yet is kept. */
export const NEW = "new";

export function draftOf(place: string): string {
  return read(PREFIX + place) ?? "";
}

export function keepDraft(place: string, text: string): boolean {
  if (text === "") return write(PREFIX + place, undefined);
  if (write(PREFIX + place, text)) return true;
  // Full: drafts of sessions not opened for long make room.
  for (const key of keysOf(PREFIX).slice(0, -DRAFTS_MAX)) write(key, undefined);
  return write(PREFIX + place, text);
}

/** The draft of `place`, kept with every letter, and taken over when another tab changes it. */
export function useDraft(place: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => draftOf(place));

  useEffect(() => {
    setText(draftOf(place));
    const changed = (event: StorageEvent) => {
      // Not while one writes here: two tabs would fight over every letter.
      if (event.key === PREFIX + place && !document.hasFocus()) setText(event.newValue ?? "");
    };
    addEventListener("storage", changed);
    return () => removeEventListener("storage", changed);
  }, [place]);

  const change = useCallback(
    (to: string) => {
      setText(to);
      keepDraft(place, to);
    },
    [place],
  );
  return [text, change];
}
