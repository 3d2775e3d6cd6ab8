/** "While you were away": asked for by a press, for oneself alone. */
import type { Summary } from "@madang/protocol";
import { useCallback, useEffect, useState } from "react";
import { useActions } from "../session/backend.js";
import { troubleOf } from "../session/trouble.js";
import type { Trouble } from "../session/types.js";
import { onRequest } from "../shell/bus.js";

export type CatchUp =
  | { state: "none" }
  | { state: "asked" }
  | { state: "here"; summary: Summary }
  | { state: "failed"; trouble: Trouble };

export function useCatchUp(sessionId: string, since: string | undefined): [CatchUp, () => void] {
  const { summarize } = useActions();
  const [catchUp, setCatchUp] = useState<CatchUp>({ state: "none" });

  useEffect(() => {
    let round = 0;
    const stop = onRequest("catchUp", (from = since) => {
      round += 1;
      const mine = round;
      const settle = (to: CatchUp) => mine === round && setCatchUp(to);
      setCatchUp({ state: "asked" });
      summarize(sessionId, from).then(
        (summary) => settle({ state: "here", summary }),
        (error) => settle({ state: "failed", trouble: troubleOf(error) }),
      );
    });
    return () => {
      round = -1;
      stop();
    };
  }, [sessionId, since, summarize]);

  return [catchUp, useCallback(() => setCatchUp({ state: "none" }), [])];
}
