/** Whom a message is for. */
import type { Target } from "../session/types.js";

const CALL = /(?:^|[\s(])@claude(?![\w-])/i;

/** The switch says it, and `@claude` says it in words. */
export function recipientOf(text: string, chosen: Target): Target {
  return chosen === "everyone" && CALL.test(text) ? "claude" : chosen;
}

/** Bytes as the server counts them; counted only where it could matter. */
export function isTooLong(text: string, maxBytes: number | undefined): boolean {
  if (maxBytes === undefined || text.length * 3 <= maxBytes) return false;
  return text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes;
}
