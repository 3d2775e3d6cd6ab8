/** Sets a budget in money, in tokens, or in both; takes it away. */
import type { Budget, Period } from "@madang/protocol";
import { type FormEvent, useState } from "react";
import { useWords } from "../i18n/index.js";
import { Button, IconButton } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { Choice, Field } from "../ui/Field.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import "../ui/forms.css";

const MICRO = 1_000_000;
/** Beyond this a sum is a slip of the hand. */
const DOLLARS_MAX = 1_000_000;
const TOKENS_MAX = 1_000_000_000_000;

interface BudgetDialogProps {
  title: string;
  budget: Budget | undefined;
  onSave: (budget: Budget | null) => Promise<void>;
  onClose: () => void;
}

export default function BudgetDialog({ title, budget, onSave, onClose }: BudgetDialogProps) {
  const t = useWords();
  const task = useTask();
  const [dollars, setDollars] = useState(
    budget?.micro_usd === undefined ? "" : String(budget.micro_usd / MICRO),
  );
  const [tokens, setTokens] = useState(budget?.tokens === undefined ? "" : String(budget.tokens));
  const [period, setPeriod] = useState<Period>(budget?.period ?? "day");

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted: Budget = {
      period,
      ...(dollars === "" ? {} : { micro_usd: Math.round(Number(dollars) * MICRO) }),
      ...(tokens === "" ? {} : { tokens: Math.round(Number(tokens)) }),
    };
    const none = wanted.micro_usd === undefined && wanted.tokens === undefined;
    task.run(() => onSave(none ? null : wanted), onClose);
  };

  return (
    <Dialog label={title} onClose={onClose}>
      <div className="dialog-head">
        <h2>{title}</h2>
        <IconButton icon="close" size="small" label={t("keys.close")} onClick={onClose} />
      </div>
      <form className="form dialog-form" onSubmit={submit}>
        <p className="note">{t("budget.note")}</p>
        <div className="form-row">
          <Field
            label={t("budget.dollars")}
            type="number"
            inputMode="decimal"
            min={0}
            max={DOLLARS_MAX}
            step="0.01"
            placeholder={t("budget.unlimited")}
            value={dollars}
            onChange={(event) => setDollars(event.target.value)}
          />
          <Field
            label={t("budget.tokens")}
            type="number"
            inputMode="numeric"
            min={0}
            max={TOKENS_MAX}
            step={1}
            placeholder={t("budget.unlimited")}
            value={tokens}
            onChange={(event) => setTokens(event.target.value)}
          />
          <Choice
            label={t("budget.period")}
            value={period}
            options={[
              ["day", t("budget.period.day")],
              ["month", t("budget.period.month")],
            ]}
            onChoose={setPeriod}
          />
        </div>
        <TroubleLine trouble={task.trouble} />
        <div className="dialog-foot">
          {budget && (
            <Button look="danger" disabled={task.busy} onClick={() => task.run(() => onSave(null), onClose)}>
              {t("budget.remove")}
            </Button>
          )}
          <Button onClick={onClose}>{t("message.cancel")}</Button>
          <Button look="main" type="submit" disabled={task.busy}>
            {t("message.edit.queued")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
