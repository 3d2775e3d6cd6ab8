/** The time, again and again: for countdowns and for the day that ends while a page is open. */
import { useEffect, useState } from "react";

export function useNow(everyMs: number, active = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, active]);
  return now;
}

/** Whole seconds until `at`, never less than 0. */
export function useSecondsUntil(at: number | undefined): number {
  const now = useNow(250, at !== undefined);
  return at === undefined ? 0 : Math.max(0, Math.ceil((at - now) / 1000));
}
