/** What the whole server may spend. */
import { useCallback, useState } from "react";
import { useWords } from "../i18n/index.js";
import BudgetDialog from "../people/BudgetDialog.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { useLoaded } from "../ui/useLoaded.js";
import { BudgetBars } from "./BudgetBars.js";
import { State } from "./State.js";

export function ServerBudget() {
  const t = useWords();
  const { admin } = useHttp();
  const [editing, setEditing] = useState(false);
  const [loaded, reload] = useLoaded(useCallback(() => admin.budgets(), [admin]));
  return (
    <section className="section">
      <h2>{t("admin.budget")}</h2>
      <State loaded={loaded} onRetry={reload}>
        {({ server, server_used }) => (
          <div className="budget-row">
            {server ? (
              <BudgetBars budget={server} used={server_used} whose={t("admin.budget")} />
            ) : (
              <p className="budget-bars">{t("budget.none")}</p>
            )}
            <Button onClick={() => setEditing(true)}>{t(server ? "budget.change" : "budget.set")}</Button>
            {editing && (
              <BudgetDialog
                title={t("admin.budget")}
                budget={server ?? undefined}
                onSave={async (to) => {
                  await admin.setServerBudget(to);
                  reload();
                }}
                onClose={() => setEditing(false)}
              />
            )}
          </div>
        )}
      </State>
    </section>
  );
}
