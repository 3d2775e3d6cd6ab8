/** The audit log, newest first, and whether anybody changed it. */
import type { Budget } from "@madang/protocol";
import { useCallback, useState } from "react";
import type { AuditRecord, AuditVerdict } from "../account/types.js";
import { count, shortTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { limitsOf } from "../people/budget.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { DataTable } from "./DataTable.js";
import { State } from "./State.js";
import { More, usePages } from "./usePages.js";

/** Records in a page; fewer means that there are no older ones. */
const PAGE = 50;

export function Audit() {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const load = useCallback(
    async (cursor?: string) => {
      const rows = await admin.audit(cursor === undefined ? undefined : Number(cursor));
      const last = rows.at(-1);
      return { rows, next: rows.length >= PAGE && last ? String(last.position) : undefined };
    },
    [admin],
  );
  const [records, reload, more] = usePages(load);
  const [people] = useLoaded(useCallback(() => admin.users(""), [admin]));
  const names = new Map(people.value?.users.map((user) => [user.user_id, user.display_name]));
  return (
    <section className="section">
      <h2>{t("admin.audit")}</h2>
      <Verify />
      <State loaded={records} onRetry={reload}>
        {({ rows, next }) => (
          <>
            <DataTable
              label={t("admin.audit")}
              rows={rows}
              keyOf={(record) => String(record.position)}
              empty={t("audit.none")}
              columns={[
                { title: t("audit.when"), cell: (record) => shortTime(record.at, language) },
                { title: t("audit.what"), cell: (record) => <code>{record.kind}</code> },
                {
                  title: t("audit.who"),
                  cell: (record) => <Id id={record.actor} names={names} />,
                  long: true,
                },
                {
                  title: t("audit.whom"),
                  cell: (record) => <Whom record={record} names={names} />,
                  long: true,
                },
                { title: t("connections.address"), cell: (record) => record.address ?? "" },
              ]}
            />
            <More next={next} onMore={more} />
          </>
        )}
      </State>
    </section>
  );
}

type Names = ReadonlyMap<string, string>;

/** Letters of an id that are shown where nobody is known by it. */
const ID_LETTERS = 6;

/** A name where there is one; otherwise the id, short, and whole on hover. */
function Id({ id, names }: { id: string; names: Names }) {
  const name = names.get(id);
  if (name) return <span title={id}>{name}</span>;
  const at = id.indexOf("_");
  if (at < 0 || id.length < at + 2 * ID_LETTERS) return <code>{id}</code>;
  return <code title={id}>{`${id.slice(0, at + 1)}…${id.slice(-ID_LETTERS)}`}</code>;
}

function Whom({ record, names }: { record: AuditRecord; names: Names }) {
  const { target, session, details } = record;
  const more = typeof details === "object" && details !== null ? Object.entries(details) : [];
  return (
    <span className="audit-whom">
      {target && <Id id={target} names={names} />}
      {session && <Id id={session} names={names} />}
      {more.map(([key, value]) => (
        <span key={key} className="line-note">
          {key}: <Detail name={key} value={value} names={names} />
        </span>
      ))}
    </span>
  );
}

function Detail({ name, value, names }: { name: string; value: unknown; names: Names }) {
  const t = useWords();
  const language = useLanguage();
  if (name === "budget" && isBudget(value)) {
    return `${limitsOf(value, language, t).join(" · ")} ${t(`budget.each.${value.period}`)}`;
  }
  if (typeof value === "string") return <Id id={value} names={names} />;
  if (typeof value === "number" && name.endsWith("_at")) return shortTime(value, language);
  return JSON.stringify(value);
}

const isBudget = (value: unknown): value is Budget =>
  typeof value === "object" && value !== null && "period" in value;

function Verify() {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const task = useTask();
  const [verdict, setVerdict] = useState<AuditVerdict>();
  const words = verdict?.whole
    ? t("audit.whole", { count: verdict.lines ?? 0 })
    : t("audit.broken", { position: count(verdict?.position ?? 0, language) });
  return (
    <div className="admin-line">
      <p role="status" className={verdict && !verdict.whole ? "field-error" : undefined}>
        {verdict ? words : t("audit.note")}
      </p>
      <Button
        icon="shield"
        disabled={task.busy}
        onClick={() => task.run(() => admin.verifyAudit(), setVerdict)}
      >
        {t("audit.verify")}
      </Button>
      <TroubleLine trouble={task.trouble} />
    </div>
  );
}
