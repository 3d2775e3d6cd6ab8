/** What was used and what it cost: by day as bars, by person, session and model as tables. */
import { useCallback, useState } from "react";
import type { UsageBy, UsageRow } from "../account/types.js";
import { count, money } from "../i18n/format.js";
import { type Language, useLanguage, useWords } from "../i18n/index.js";
import { useHere, useHttp } from "../session/backend.js";
import { useLoaded } from "../ui/useLoaded.js";
import { Bars } from "./Bars.js";
import { type Column, DataTable } from "./DataTable.js";
import { ceilingOf, everyDay, startOf } from "./days.js";
import { State } from "./State.js";

const PERIODS = [7, 30, 90] as const;
const MEASURES = ["micro_usd", "tokens", "requests"] as const;
type Measure = (typeof MEASURES)[number];
const TABLES: readonly Exclude<UsageBy, "day">[] = ["user", "session", "model"];

const sayer = (measure: Measure, language: Language) => (value: number) =>
  measure === "micro_usd" ? money(value, language) : count(value, language);

export function UsagePart() {
  const t = useWords();
  const [days, setDays] = useState<number>(30);
  const { models } = useHere();
  // What costs nothing is told by what was read and written.
  const [chosen, setMeasure] = useState<Measure>();
  const measure = chosen ?? (models?.simulated ? "tokens" : "micro_usd");
  const [by, setBy] = useState<Exclude<UsageBy, "day">>("user");
  const [now] = useState(() => Date.now());
  const from = startOf(now, days);
  return (
    <>
      <div className="admin-choices">
        <div className="choices" role="group" aria-label={t("usage.period")}>
          {PERIODS.map((each) => (
            <button key={each} type="button" aria-pressed={each === days} onClick={() => setDays(each)}>
              {t("tokens.days", { count: each })}
            </button>
          ))}
        </div>
        <div className="choices" role="group" aria-label={t("usage.measure")}>
          {MEASURES.map((each) => (
            <button key={each} type="button" aria-pressed={each === measure} onClick={() => setMeasure(each)}>
              {t(`usage.${each}`)}
            </button>
          ))}
        </div>
      </div>
      <UsageByDay from={from} to={now} days={days} measure={measure} />
      <section className="section">
        <h2>{t("usage.who")}</h2>
        <div className="choices" role="group" aria-label={t("usage.who")}>
          {TABLES.map((each) => (
            <button key={each} type="button" aria-pressed={each === by} onClick={() => setBy(each)}>
              {t(`usage.by.${each}`)}
            </button>
          ))}
        </div>
        <UsageTable by={by} from={from} to={now} />
      </section>
    </>
  );
}

interface UsageByDayProps {
  from: number;
  to: number;
  days: number;
  measure: Measure;
}

function UsageByDay({ from, to, days, measure }: UsageByDayProps) {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const [rows, reload] = useLoaded(useCallback(() => admin.usage("day", from, to), [admin, from, to]));
  const say = sayer(measure, language);
  const short = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" });
  const dayOf = (row: UsageRow) => {
    const at = Date.parse(row.key);
    return Number.isNaN(at) ? row.label : short.format(at);
  };
  return (
    <State loaded={rows} onRetry={reload}>
      {(known) => {
        const all = everyDay(known, from, days);
        const most = Math.max(0, ...all.map((row) => row[measure]));
        const ceiling = ceilingOf(most);
        const sum = say(all.reduce((total, row) => total + row[measure], 0));
        const title = t("usage.total", { measure: t(`usage.${measure}`), count: days, sum });
        return (
          <section className="section">
            <h2>{title}</h2>
            <Bars
              label={title}
              bars={all.map((row) => ({
                key: row.key,
                label: dayOf(row),
                value: row[measure],
                words: say(row[measure]),
              }))}
              ceiling={ceiling}
              ceilingWords={most > 0 ? say(ceiling) : ""}
            />
            <details className="as-table">
              <summary>{t("usage.as_table")}</summary>
              <Figures label={title} first={t("usage.day")} rows={all} name={dayOf} />
            </details>
          </section>
        );
      }}
    </State>
  );
}

function UsageTable({ by, from, to }: { by: Exclude<UsageBy, "day">; from: number; to: number }) {
  const t = useWords();
  const { admin } = useHttp();
  const [rows, reload] = useLoaded(useCallback(() => admin.usage(by, from, to), [admin, by, from, to]));
  const title = t(`usage.by.${by}`);
  return (
    <State loaded={rows} onRetry={reload}>
      {(known) => (
        <Figures
          label={title}
          first={title}
          rows={known}
          name={(row) => row.label || t("session.untitled")}
        />
      )}
    </State>
  );
}

interface FiguresProps {
  label: string;
  /** The name of the first column. */
  first: string;
  rows: readonly UsageRow[];
  name: (row: UsageRow) => string;
}

function Figures({ label, first, rows, name }: FiguresProps) {
  const t = useWords();
  const language = useLanguage();
  const figure = (key: "requests" | "input_tokens" | "output_tokens", title: string): Column<UsageRow> => ({
    title,
    figure: true,
    cell: (row) => count(row[key], language),
  });
  return (
    <DataTable
      label={label}
      rows={rows}
      keyOf={(row) => row.key}
      empty={t("usage.none")}
      columns={[
        { title: first, cell: name, long: true, narrow: "head" },
        figure("requests", t("usage.requests")),
        figure("input_tokens", t("reply.details.in")),
        figure("output_tokens", t("reply.details.out")),
        { title: t("usage.micro_usd"), figure: true, cell: (row) => money(row.micro_usd, language) },
      ]}
    />
  );
}
