/** How much of a budget is spent, in words and as a share. */
import type { Budget, Spent } from "@madang/protocol";
import { count, money } from "../i18n/format.js";
import type { Language, Translate } from "../i18n/index.js";

/** The share of the limit that is nearest to being used up; more than 1 when it is beyond. */
export function shareOf(budget: Budget, spent: Spent | undefined): number {
  const shares = [
    budget.tokens ? (spent?.tokens ?? 0) / budget.tokens : 0,
    budget.micro_usd ? (spent?.micro_usd ?? 0) / budget.micro_usd : 0,
  ];
  // A limit of nothing is used up.
  if (budget.tokens === 0 || budget.micro_usd === 0) return 1;
  return Math.max(...shares);
}

export function isUsedUp(budget: Budget | undefined, spent: Spent | undefined): boolean {
  return budget !== undefined && shareOf(budget, spent) >= 1;
}

export function spentWords(
  budget: Budget,
  spent: Spent | undefined,
  language: Language,
  t: Translate,
): string {
  const parts: string[] = [];
  if (budget.micro_usd !== undefined) {
    const of = money(budget.micro_usd, language);
    parts.push(t("budget.of", { spent: money(spent?.micro_usd ?? 0, language), of }));
  }
  if (budget.tokens !== undefined) {
    const of = t("reply.usage", { tokens: count(budget.tokens, language) });
    parts.push(t("budget.of", { spent: count(spent?.tokens ?? 0, language), of }));
  }
  return `${parts.join(" · ")} ${t(`budget.in.${budget.period}`)}`;
}
