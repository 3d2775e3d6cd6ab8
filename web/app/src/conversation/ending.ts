/** How a reply ended, of all the ways in which one can. */
import type { Message } from "@madang/protocol";
import type { Trouble } from "../session/types.js";

export type Ending =
  | { kind: "stopped"; by: string }
  | { kind: "interrupted" }
  | { kind: "longest" }
  | { kind: "refused" }
  | { kind: "empty" }
  | { kind: "failed"; trouble: Trouble };

/** Nothing for a reply that simply ended. */
export function endingOf(message: Message): Ending | undefined {
  const reply = message.reply;
  switch (reply?.status) {
    case "cancelled":
      return { kind: "stopped", by: reply.stopped_by?.display_name ?? "?" };
    case "interrupted":
      return { kind: "interrupted" };
    case "error": {
      const { code, message: sentence } = reply.error ?? { code: "INTERNAL_ERROR" as const, message: "" };
      return { kind: "failed", trouble: { code, message: sentence, retryAfter: undefined } };
    }
    case "complete":
      if (reply.stop_reason === "max_tokens" || reply.stop_reason === "model_context_window_exceeded") {
        return { kind: "longest" };
      }
      if (reply.stop_reason === "refusal") return { kind: "refused" };
      return message.content === "" && reply.parts.length === 0 ? { kind: "empty" } : undefined;
    default:
      return undefined;
  }
}
