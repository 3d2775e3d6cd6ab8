/** The audit log, newest first, and whether anybody changed it. */
import { type ReactNode, useCallback, useState } from "react";
import type { AuditRecord, AuditVerdict } from "../account/types.js";
import { count, shortTime } from "../i18n/format.js";
import { type Language, type Translate, useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { detailsOf, kindWords } from "./audit-words.js";
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
  const names = useNames();
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
                {
                  title: t("audit.what"),
                  cell: (record) => <span title={record.kind}>{kindWords(record, t)}</span>,
                  long: true,
                  narrow: "head",
                },
                {
                  title: t("audit.who"),
                  cell: (record) => <Id id={record.actor} names={names} />,
                  long: true,
                },
                {
                  title: t("audit.whom"),
                  cell: (record) => whom(record, names, language, t),
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

/** The names that the lists know which an administrator sees: of people, and of sessions. */
function useNames(): Names {
  const t = useWords();
  const { admin } = useHttp();
  const [people] = useLoaded(useCallback(() => admin.users(""), [admin]));
  const [sessions] = useLoaded(useCallback(() => admin.sessions(""), [admin]));
  return new Map([
    ["claude", "Claude"],
    ["server", t("audit.server")],
    ...(people.value?.users ?? []).map((user) => [user.user_id, user.display_name] as const),
    ...(sessions.value?.sessions ?? []).map(
      (session) =>
        [session.session_id, t("audit.session", { title: session.title || t("session.untitled") })] as const,
    ),
  ]);
}

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

/** On whom or what, and the details; nothing where there is nothing. */
function whom(record: AuditRecord, names: Names, language: Language, t: Translate): ReactNode {
  const { actor, target, session } = record;
  const details = detailsOf(record, language, t);
  const other = target !== actor ? target : null;
  if (!other && !session && details.length === 0) return "";
  return (
    <span className="audit-whom">
      {other && <Id id={other} names={names} />}
      {session && <Id id={session} names={names} />}
      {details.map(({ key, label, words, id }) => (
        <span key={key} className="line-note">
          {label}: {id === undefined ? words : <Id id={id} names={names} />}
        </span>
      ))}
    </span>
  );
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
