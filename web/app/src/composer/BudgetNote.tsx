import { useLanguage, useWords } from "../i18n/index.js";
import { shareOf, spentWords } from "../people/budget.js";
import type { SessionView } from "../session/types.js";

/** The share of a budget from which on it is worth a line. */
const NEAR = 0.8;

/** Says when a budget is nearly or wholly used up, before one asks. */
export function BudgetNote({ session }: { session: SessionView }) {
  const t = useWords();
  const language = useLanguage();
  const { budget, spent } = session;
  if (!budget) return null;
  const share = shareOf(budget, spent);
  if (share < NEAR) return null;
  return (
    <p className="budget-note" role="status">
      {share >= 1 ? t(`budget.used.${budget.period}`) : spentWords(budget, spent, language, t)}
    </p>
  );
}
