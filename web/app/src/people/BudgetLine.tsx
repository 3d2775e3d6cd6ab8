/** What the session may spend and has spent; its owner sets it. */
import { lazy, Suspense, useState } from "react";
import { useLanguage, useWords, withWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import type { SessionView } from "../session/types.js";
import { Button } from "../ui/Button.js";
import { BudgetMeter } from "./BudgetMeter.js";
import { shareOf, spentWords } from "./budget.js";

const BudgetDialog = lazy(withWords(() => import("./BudgetDialog.js")));

interface BudgetLineProps {
  sessionId: string;
  session: SessionView;
  govern: boolean;
  owner: string;
}

export function BudgetLine({ sessionId, session, govern, owner }: BudgetLineProps) {
  const t = useWords();
  const language = useLanguage();
  const { setBudget } = useActions();
  const [editing, setEditing] = useState(false);
  const { budget, spent } = session;
  if (!budget && !govern) return null;
  const share = budget ? shareOf(budget, spent) : 0;
  return (
    <section className="people-group">
      <h3>{t("budget.title")}</h3>
      <p className="budget-words">{budget ? spentWords(budget, spent, language, t) : t("budget.none")}</p>
      {budget && <BudgetMeter label={t("budget.title")} share={share} />}
      {budget && share >= 1 && <p className="note">{t(`budget.used.${budget.period}`)}</p>}
      {govern ? (
        <Button onClick={() => setEditing(true)}>{t(budget ? "budget.change" : "budget.set")}</Button>
      ) : (
        <p className="note">{t("budget.who", { name: owner })}</p>
      )}
      <Suspense>
        {editing && (
          <BudgetDialog
            title={t("budget.title")}
            budget={budget}
            onSave={(to) => setBudget(sessionId, to)}
            onClose={() => setEditing(false)}
          />
        )}
      </Suspense>
    </section>
  );
}
