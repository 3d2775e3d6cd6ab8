import type { RunningReply } from "@madang/client";
import { useReadable } from "./useReadable.js";
import { useSessionStore } from "./useSessionStore.js";

/** The reply that is being written, at most one change a frame; null when none is. */
export function useRunningReply(sessionId: string): RunningReply | null {
  return useReadable(useSessionStore(sessionId).reply, all);
}

function all(reply: RunningReply | null): RunningReply | null {
  return reply;
}
