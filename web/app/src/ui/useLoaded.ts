/** Something asked for when a place opens: not here yet, here, or why not. */
import { useCallback, useEffect, useState } from "react";
import { troubleOf } from "../session/trouble.js";
import type { Trouble } from "../session/types.js";

export type Loaded<T> =
  | { state: "loading"; value: undefined }
  | { state: "here"; value: T }
  | { state: "failed"; value: undefined; trouble: Trouble };

/** `load` is asked again when it changes, and by `reload`; what was here stays until the new is. */
export function useLoaded<T>(load: () => Promise<T>): [Loaded<T>, reload: () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading", value: undefined });
  const [round, setRound] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks for the same again.
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setLoaded({ state: "here", value }),
      (error) => current && setLoaded({ state: "failed", value: undefined, trouble: troubleOf(error) }),
    );
    return () => {
      current = false;
    };
  }, [load, round]);

  return [loaded, useCallback(() => setRound((now) => now + 1), [])];
}
