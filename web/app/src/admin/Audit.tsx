/** The audit log, newest first, and whether anybody changed it. */
import { useCallback, useState } from "react";
import type { AuditRecord, AuditVerdict } from "../account/types.js";
import { count, fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
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
                { title: t("audit.when"), cell: (record) => fullTime(record.at, language) },
                { title: t("audit.what"), cell: (record) => <code>{record.kind}</code> },
                { title: t("audit.who"), cell: (record) => <code>{record.actor}</code> },
                { title: t("audit.whom"), cell: (record) => <code>{whomOf(record)}</code>, long: true },
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

function whomOf({ target, session, details }: AuditRecord): string {
  const more = details === null || details === undefined ? "" : JSON.stringify(details);
  return [target, session, more === "{}" ? "" : more].filter(Boolean).join(" ");
}

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
