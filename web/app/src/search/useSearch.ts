/** Messages that hold the words, of all sessions that one may see: asked for when the fingers rest. */
import type { SearchHit } from "@madang/protocol";
import { useCallback, useEffect, useRef, useState } from "react";
import { useActions } from "../session/backend.js";
import { troubleOf } from "../session/trouble.js";
import type { Trouble } from "../session/types.js";

/** Milliseconds without a key before it is asked for. */
const REST_MS = 180;
/** Fewer letters find everything, which is nothing; a syllable of Korean says as much as two Latin ones. */
const LETTERS_MIN = 2;

export interface Search {
  state: "none" | "loading" | "here" | "failed";
  hits: readonly SearchHit[];
  trouble: Trouble | undefined;
  hasMore: boolean;
  more: () => void;
}

type Found = Omit<Search, "hasMore" | "more"> & { next: string | undefined };
const NONE: Found = { state: "none", hits: [], trouble: undefined, next: undefined };

export function isSearchable(words: string): boolean {
  return words.length >= LETTERS_MIN || /[\p{Script=Hangul}\p{Script=Han}]/u.test(words);
}

export function useSearch(query: string): Search {
  const { search } = useActions();
  const [found, setFound] = useState<Found>(NONE);
  const asked = useRef("");
  const words = query.trim();

  useEffect(() => {
    asked.current = words;
    if (!isSearchable(words)) {
      setFound(NONE);
      return;
    }
    // What was found before stays until the new is here: nothing blinks.
    setFound((before) => ({ ...before, state: before.state === "here" ? "here" : "loading" }));
    const timer = setTimeout(() => {
      search(words).then(
        ({ hits, next }) => {
          if (asked.current === words) setFound({ state: "here", hits, next, trouble: undefined });
        },
        (error) => {
          if (asked.current === words) setFound({ ...NONE, state: "failed", trouble: troubleOf(error) });
        },
      );
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [words, search]);

  const { next } = found;
  const more = useCallback(() => {
    if (next === undefined) return;
    search(words, next).then(
      (page) => {
        if (asked.current !== words) return;
        setFound((now) => ({ ...now, hits: [...now.hits, ...page.hits], next: page.next }));
      },
      (error) => setFound((now) => ({ ...now, state: "failed", trouble: troubleOf(error) })),
    );
  }, [search, words, next]);

  return { ...found, hasMore: next !== undefined, more };
}
