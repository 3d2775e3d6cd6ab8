import type { Ack, AskOptions } from "@madang/client";
import { useMemo } from "react";
import { useSessionStore } from "./useSessionStore.js";

/** Ways to say something in a session. The promises fail with a `MadangError`; the pending message shows it too. */
export interface Send {
  /** Asks Claude. */
  readonly askClaude: (content: string, options?: AskOptions) => Promise<Ack>;
  /** Speaks to people. */
  readonly chat: (content: string, options?: Omit<AskOptions, "continues">) => Promise<Ack>;
  /** Says that one is typing, or no longer is; to be called at every key, and when the field is left. */
  readonly setTyping: (typing: boolean) => void;
  /** Stops the running reply, or takes a waiting prompt back. */
  readonly cancel: (messageId?: string) => Promise<Ack>;
}

/** Says something in a session; the functions stay the same while the session does. */
export function useSend(sessionId: string): Send {
  const store = useSessionStore(sessionId);
  return useMemo(
    () => ({
      askClaude: (content, options) => store.askClaude(content, options),
      chat: (content, options) => store.chat(content, options),
      setTyping: (typing) => store.setTyping(typing),
      cancel: (messageId) => store.cancel(messageId),
    }),
    [store],
  );
}
