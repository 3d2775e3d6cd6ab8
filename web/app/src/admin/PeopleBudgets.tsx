/** What people may spend: those who have a budget, or whoever one searches for. */
import type { Budget, Spent } from "@madang/protocol";
import { useCallback, useDeferredValue, useState } from "react";
import type { AdminHttp } from "../account/types.js";
import { useWords } from "../i18n/index.js";
import BudgetDialog from "../people/BudgetDialog.js";
import { useHttp } from "../session/backend.js";
import { notify, tellTrouble } from "../shell/notices.js";
import { Button } from "../ui/Button.js";
import { Field } from "../ui/Field.js";
import { BudgetBars } from "./BudgetBars.js";
import { State } from "./State.js";
import { More, type Paged, usePages } from "./usePages.js";

interface Line {
  user_id: string;
  display_name: string;
  /** The name to log in with; null for a guest. */
  name: string | null;
  budget: Budget | undefined;
  used: Spent | undefined;
}

/** Everyone with a budget: of those whom a search finds, the server doesn't say it. */
async function everyBudget(admin: AdminHttp): Promise<ReadonlyMap<string, Line>> {
  const known = new Map<string, Line>();
  let cursor: string | undefined;
  do {
    const page = await admin.budgets(cursor);
    for (const item of page.items) known.set(item.user_id, item);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return known;
}

async function pageOf(admin: AdminHttp, query: string, cursor?: string): Promise<Paged<Line>> {
  if (query === "") {
    const { items, next_cursor } = await admin.budgets(cursor);
    return { rows: items, next: next_cursor };
  }
  const [{ users, next }, known] = await Promise.all([admin.users(query, cursor), everyBudget(admin)]);
  const lineOf = ({ user_id, display_name, name }: (typeof users)[number]): Line =>
    known.get(user_id) ?? { user_id, display_name, name, budget: undefined, used: undefined };
  return { rows: users.map(lineOf), next };
}

export function PeopleBudgets() {
  const t = useWords();
  const { admin } = useHttp();
  const [query, setQuery] = useState("");
  const asked = useDeferredValue(query.trim());
  // What was set here shows at once, and the list keeps its place and length.
  const [set, setSet] = useState<ReadonlyMap<string, Budget | undefined>>(new Map());
  const load = useCallback((cursor?: string) => pageOf(admin, asked, cursor), [admin, asked]);
  const [lines, reload, more] = usePages(load);

  const save = async (line: Line, budget: Budget | null) => {
    await admin.setUserBudget(line.user_id, budget);
    setSet((now) => new Map(now).set(line.user_id, budget ?? undefined));
    // Of another period the server alone knows what was used.
    if (budget && budget.period !== line.budget?.period) reload();
    const before = line.budget;
    if (budget !== null || !before) return;
    notify({
      kind: "undo",
      text: t("budgets.removed", { name: line.display_name }),
      undo: () => void save({ ...line, budget: undefined }, before).catch(tellTrouble),
    });
  };

  return (
    <section className="section">
      <h2>{t("admin.users")}</h2>
      <p className="note">{t("budgets.note")}</p>
      <Field
        label={t("budgets.search")}
        type="search"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <State loaded={lines} onRetry={reload}>
        {({ rows, next }) => (
          <>
            {rows.length === 0 && <p className="note">{t(asked === "" ? "budgets.none" : "users.none")}</p>}
            <ul className="lines">
              {rows.map((row) => {
                const line = set.has(row.user_id) ? { ...row, budget: set.get(row.user_id) } : row;
                return <BudgetRow key={row.user_id} line={line} onSave={(budget) => save(line, budget)} />;
              })}
            </ul>
            <More next={next} onMore={more} />
          </>
        )}
      </State>
    </section>
  );
}

function BudgetRow({ line, onSave }: { line: Line; onSave: (budget: Budget | null) => Promise<void> }) {
  const t = useWords();
  const [editing, setEditing] = useState(false);
  const { display_name: name, name: login, budget, used } = line;
  const title = t("budgets.of", { name });
  return (
    <li className="budget-row">
      <span className="line-words budget-who">
        <span className="line-name">{name}</span>
        <span className="line-note">{login ?? t("users.guest")}</span>
      </span>
      {budget ? (
        <BudgetBars budget={budget} used={used} whose={name} />
      ) : (
        <p className="budget-bars line-note">{t("budget.none")}</p>
      )}
      <Button aria-description={name} onClick={() => setEditing(true)}>
        {t(budget ? "budget.change" : "budget.set")}
      </Button>
      {editing && (
        <BudgetDialog title={title} budget={budget} onSave={onSave} onClose={() => setEditing(false)} />
      )}
    </li>
  );
}
