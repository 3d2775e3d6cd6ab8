/** A bar for each limit of a budget: what is used of it, in words and as a share. */
import type { Budget, Spent } from "@madang/protocol";
import { useLanguage, useWords } from "../i18n/index.js";
import { BudgetMeter } from "../people/BudgetMeter.js";
import { usesOf } from "../people/budget.js";

interface BudgetBarsProps {
  budget: Budget;
  used: Spent | undefined;
  /** Whose it is, for those who hear it. */
  whose: string;
}

export function BudgetBars({ budget, used, whose }: BudgetBarsProps) {
  const t = useWords();
  const language = useLanguage();
  return (
    <div className="budget-bars">
      {usesOf(budget, used, language, t).map(({ measure, words, share }) => (
        <div key={measure} className={measure === "tokens" ? "budget-bar budget-bar-tokens" : "budget-bar"}>
          <p className="budget-bar-words">
            {words} <span className="line-note">{t(`budget.in.${budget.period}`)}</span>
            {share >= 1 && <span className="budget-full">{t("budget.used_up")}</span>}
          </p>
          <BudgetMeter label={`${whose}: ${words}`} share={share} />
        </div>
      ))}
    </div>
  );
}
