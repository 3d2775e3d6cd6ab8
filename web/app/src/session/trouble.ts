/** Errors as sentences with the next step. */
import type { Translate } from "../i18n/index.js";
import type { Trouble } from "./types.js";

export function isTrouble(value: unknown): value is Trouble {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}

export function troubleOf(error: unknown): Trouble {
  if (isTrouble(error)) return error;
  return {
    code: "UNKNOWN",
    message: error instanceof Error ? error.message : String(error),
    retryAfter: undefined,
  };
}

export function sentenceOf(trouble: Trouble, t: Translate): string {
  const seconds = Math.max(1, Math.ceil((trouble.retryAfter ?? 1000) / 1000));
  return t(`error.${trouble.code}`, { message: trouble.message, seconds });
}
