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

/** Whose budget it is, and for how long: the details of BUDGET_EXCEEDED. */
const PURSE = /^(user|session|server)\/(day|month)$/;
/** What opens again so soon is set aside for replies that are being written, not used up. */
const SOON_MS = 60_000;

function budgetSentence({ message, retryAfter }: Trouble, t: Translate): string {
  const found = PURSE.exec(message);
  if (!found) return t("error.BUDGET_EXCEEDED");
  if (retryAfter !== undefined && retryAfter <= SOON_MS) return t("budget.set_aside");
  const [, whose, period] = found as unknown as [string, "user" | "session" | "server", "day" | "month"];
  return t(whose === "session" ? `budget.used.${period}` : `budget.used.${whose}.${period}`);
}

export function sentenceOf(trouble: Trouble, t: Translate): string {
  if (trouble.code === "BUDGET_EXCEEDED") return budgetSentence(trouble, t);
  const seconds = Math.max(1, Math.ceil((trouble.retryAfter ?? 1000) / 1000));
  return t(`error.${trouble.code}`, { message: trouble.message, seconds });
}
