/** All sessions of the server, without what is said in them. */
import { useCallback, useDeferredValue, useState } from "react";
import { count, shortTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Field } from "../ui/Field.js";
import { DataTable } from "./DataTable.js";
import { State } from "./State.js";
import { More, usePages } from "./usePages.js";

export function Sessions() {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const [query, setQuery] = useState("");
  const asked = useDeferredValue(query.trim());
  const load = useCallback(
    async (cursor?: string) => {
      const { sessions, next } = await admin.sessions(asked, cursor);
      return { rows: sessions, next };
    },
    [admin, asked],
  );
  const [sessions, reload, more] = usePages(load);
  return (
    <section className="section">
      <h2>{t("admin.sessions")}</h2>
      <Field
        label={t("rail.search")}
        type="search"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <State loaded={sessions} onRetry={reload}>
        {({ rows, next }) => (
          <>
            <DataTable
              label={t("admin.sessions")}
              rows={rows}
              keyOf={(session) => session.session_id}
              empty={t("sessions.none")}
              columns={[
                {
                  title: t("sessions.title"),
                  cell: (session) => session.title || t("session.untitled"),
                  long: true,
                  narrow: "head",
                },
                {
                  title: t("users.state"),
                  cell: (session) =>
                    session.running ? t("sessions.running") : t(`sessions.${session.status}`),
                },
                {
                  title: t("sessions.people"),
                  figure: true,
                  cell: (session) =>
                    t("sessions.present", { here: session.present, all: session.participant_count }),
                },
                {
                  title: t("sessions.messages"),
                  figure: true,
                  cell: (session) => count(session.message_count, language),
                },
                { title: t("sessions.last"), cell: (session) => shortTime(session.last_activity, language) },
              ]}
            />
            <More next={next} onMore={more} />
          </>
        )}
      </State>
    </section>
  );
}
