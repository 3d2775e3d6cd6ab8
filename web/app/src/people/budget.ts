/** How much of a budget is spent, in words and as a share. */
import type { Budget, Spent } from "@madang/protocol";
import { count, money } from "../i18n/format.js";
import type { Language, Translate } from "../i18n/index.js";

/** The share of the limit that is nearest to being used up; more than 1 when it is beyond. */
export function shareOf(budget: Budget, spent: Spent | undefined): number {
  const { micro_usd, tokens } = budget;
  // A limit of nothing is used up.
  const share = (limit: number | undefined, used = 0) =>
    limit === undefined ? 0 : limit === 0 ? 1 : used / limit;
  return Math.max(share(micro_usd, spent?.micro_usd), share(tokens, spent?.tokens));
}

export function isUsedUp(budget: Budget | undefined, spent: Spent | undefined): boolean {
  return budget !== undefined && shareOf(budget, spent) >= 1;
}

/** What a budget allows, money first: "$5.00", "1,000 tokens". */
export function limitsOf({ micro_usd, tokens }: Budget, language: Language, t: Translate): string[] {
  const limits: string[] = [];
  if (micro_usd !== undefined) limits.push(money(micro_usd, language));
  if (tokens !== undefined) limits.push(t("reply.usage", { tokens: count(tokens, language) }));
  return limits;
}

/** What is used of one of the limits. */
export interface Use {
  measure: "micro_usd" | "tokens";
  /** "$1.20 of $5.00" */
  words: string;
  /** More than 1 when it is beyond. */
  share: number;
}

/** Of each limit that a budget has, money first. */
export function usesOf(budget: Budget, spent: Spent | undefined, language: Language, t: Translate): Use[] {
  const uses: Use[] = [];
  const { micro_usd, tokens, period } = budget;
  if (micro_usd !== undefined) {
    const used = spent?.micro_usd ?? 0;
    const words = t("budget.of", { spent: money(used, language), of: money(micro_usd, language) });
    uses.push({ measure: "micro_usd", words, share: shareOf({ period, micro_usd }, spent) });
  }
  if (tokens !== undefined) {
    const used = spent?.tokens ?? 0;
    const of = t("reply.usage", { tokens: count(tokens, language) });
    const words = t("budget.of", { spent: count(used, language), of });
    uses.push({ measure: "tokens", words, share: shareOf({ period, tokens }, spent) });
  }
  return uses;
}

export function spentWords(
  budget: Budget,
  spent: Spent | undefined,
  language: Language,
  t: Translate,
): string {
  const parts = usesOf(budget, spent, language, t).map(({ words }) => words);
  return `${parts.join(" · ")} ${t(`budget.in.${budget.period}`)}`;
}
