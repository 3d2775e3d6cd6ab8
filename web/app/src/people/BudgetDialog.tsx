/** Sets a budget in money, in tokens, or in both; takes it away. */
import type { Budget, Period } from "@madang/protocol";
import { type FormEvent, useState } from "react";
import { count } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { Button, IconButton } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { Choice, Field } from "../ui/Field.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { amountOf } from "./amount.js";
import "../ui/forms.css";

const MICRO = 1_000_000;
/** Beyond a millionth of a dollar nothing is counted. */
const DOLLAR_DECIMALS = 6;
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
  const language = useLanguage();
  const task = useTask();
  const [dollars, setDollars] = useState(
    budget?.micro_usd === undefined ? "" : String(budget.micro_usd / MICRO),
  );
  const [tokens, setTokens] = useState(budget?.tokens === undefined ? "" : String(budget.tokens));
  const [period, setPeriod] = useState<Period>(budget?.period ?? "day");

  const [told, setTold] = useState(false);
  const sum = amountOf(dollars, DOLLAR_DECIMALS, DOLLARS_MAX);
  const number = amountOf(tokens, 0, TOKENS_MAX);
  // Nothing is called wrong before it was tried.
  const wrong = (amount: number | null | undefined, words: string) =>
    told && amount === undefined ? words : undefined;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (sum === undefined || number === undefined) {
      setTold(true);
      const name = sum === undefined ? "dollars" : "tokens";
      event.currentTarget.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();
      return;
    }
    const wanted: Budget = {
      period,
      ...(sum === null ? {} : { micro_usd: Math.round(sum * MICRO) }),
      ...(number === null ? {} : { tokens: number }),
    };
    task.run(() => onSave(sum === null && number === null ? null : wanted), onClose);
  };

  return (
    <Dialog label={title} onClose={onClose}>
      <div className="dialog-head">
        <h2>{title}</h2>
        <IconButton icon="close" size="small" label={t("keys.close")} onClick={onClose} />
      </div>
      <form className="form dialog-form" noValidate onSubmit={submit}>
        <p className="note">{t("budget.note")}</p>
        <div className="form-row form-row-top">
          <Field
            label={t("budget.dollars")}
            name="dollars"
            inputMode="decimal"
            autoComplete="off"
            error={wrong(sum, t("budget.dollars.wrong", { max: count(DOLLARS_MAX, language) }))}
            placeholder={t("budget.unlimited")}
            value={dollars}
            onChange={(event) => setDollars(event.target.value)}
          />
          <Field
            label={t("budget.tokens")}
            name="tokens"
            inputMode="numeric"
            autoComplete="off"
            error={wrong(number, t("budget.tokens.wrong", { max: count(TOKENS_MAX, language) }))}
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
