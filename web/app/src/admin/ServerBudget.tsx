/** What the whole server may spend. */
import { useCallback, useState } from "react";
import { count, money } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import BudgetDialog from "../people/BudgetDialog.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { useLoaded } from "../ui/useLoaded.js";
import { State } from "./State.js";

export function ServerBudget() {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const [editing, setEditing] = useState(false);
  const [loaded, reload] = useLoaded(useCallback(() => admin.serverBudget(), [admin]));
  return (
    <section className="section">
      <h2>{t("admin.budget")}</h2>
      <State loaded={loaded} onRetry={reload}>
        {(budget) => (
          <div className="admin-line">
            <p>
              {budget
                ? [
                    budget.micro_usd === undefined ? "" : money(budget.micro_usd, language),
                    budget.tokens === undefined
                      ? ""
                      : t("reply.usage", { tokens: count(budget.tokens, language) }),
                  ]
                    .filter(Boolean)
                    .join(" · ") + t(`admin.budget.each.${budget.period}`)
                : t("budget.none")}
            </p>
            <Button onClick={() => setEditing(true)}>{t(budget ? "budget.change" : "budget.set")}</Button>
            {editing && (
              <BudgetDialog
                title={t("admin.budget")}
                budget={budget ?? undefined}
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
