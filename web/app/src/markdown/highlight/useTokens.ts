/** The colours of a piece of code: fetched and worked out beside the page, and again in pauses while it grows. */
import { useEffect, useRef, useState } from "react";
import type { Tokens } from "./tokens.js";

/** Milliseconds between two colourings of code that is being written. */
const WHILE_WRITING_MS = 300;

export function useTokens(code: string, language: string | undefined, writing: boolean): Tokens | undefined {
  const [done, setDone] = useState<{ code: string; tokens: Tokens }>();
  const last = useRef(0);

  useEffect(() => {
    if (!language) return;
    const work = new AbortController();
    const since = performance.now() - last.current;
    const start = async () => {
      last.current = performance.now();
      const { canColour, colour } = await import("./highlight.js");
      const tokens = canColour(language) ? await colour(code, language, work.signal) : undefined;
      if (tokens && !work.signal.aborted) setDone({ code, tokens });
    };
    const wait = writing ? Math.max(0, WHILE_WRITING_MS - since) : 0;
    const timer = setTimeout(() => void start().catch(() => undefined), wait);
    return () => {
      work.abort();
      clearTimeout(timer);
    };
  }, [code, language, writing]);

  // The colours of a beginning are still right for it: what was added since is plain for a moment.
  return done && code.startsWith(done.code) ? done.tokens : undefined;
}
