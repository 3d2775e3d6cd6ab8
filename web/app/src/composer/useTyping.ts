/** Says that one is typing while one does, and that one no longer is. The SDK says it no more often than it must. */
import { useCallback, useEffect, useRef } from "react";
import { useActions } from "../session/backend.js";

export function useTyping(sessionId: string | undefined): (typing: boolean) => void {
  const { setTyping } = useActions();
  const said = useRef(false);

  const say = useCallback(
    (typing: boolean) => {
      if (!sessionId || (!typing && !said.current)) return;
      said.current = typing;
      setTyping(sessionId, typing);
    },
    [sessionId, setTyping],
  );
  useEffect(() => () => say(false), [say]);
  return say;
}
