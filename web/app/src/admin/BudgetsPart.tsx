/** What may be spent, and how much of it is: by the whole server, and by each person. */
import { useWords } from "../i18n/index.js";
import { PeopleBudgets } from "./PeopleBudgets.js";
import { ServerBudget } from "./ServerBudget.js";

export function BudgetsPart() {
  const t = useWords();
  return (
    <>
      <ServerBudget />
      <PeopleBudgets />
      <section className="section">
        <h2>{t("admin.sessions")}</h2>
        <p className="note">{t("budgets.sessions")}</p>
      </section>
    </>
  );
}
