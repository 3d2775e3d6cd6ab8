/** Something asked for by a press: whether it is under way, and why it failed. One at a time. */
import { useCallback, useEffect, useRef, useState } from "react";
import { troubleOf } from "../session/trouble.js";
import type { Trouble } from "../session/types.js";

export interface Task {
  busy: boolean;
  trouble: Trouble | undefined;
  /** Runs it, unless one runs already; what it gives is lost with the place that asked. */
  run: <T>(task: () => Promise<T>, then?: (value: T) => void) => void;
}

export function useTask(): Task {
  const [state, setState] = useState<Omit<Task, "run">>({ busy: false, trouble: undefined });
  const busy = useRef(false);
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);

  const run: Task["run"] = useCallback((task, then) => {
    if (busy.current) return;
    busy.current = true;
    setState({ busy: true, trouble: undefined });
    const end = (trouble: Trouble | undefined) => {
      busy.current = false;
      if (here.current) setState({ busy: false, trouble });
    };
    task().then(
      (value) => {
        end(undefined);
        if (here.current) then?.(value);
      },
      (error) => end(troubleOf(error)),
    );
  }, []);
  return { ...state, run };
}
