/** Who is connected just now. */
import { useCallback } from "react";
import { count, shortTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { useLoaded } from "../ui/useLoaded.js";
import { DataTable } from "./DataTable.js";
import { State } from "./State.js";

export function Connections() {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const [loaded, reload] = useLoaded(useCallback(() => admin.connections(), [admin]));
  return (
    <section className="section">
      <h2>{t("admin.connections")}</h2>
      <State loaded={loaded} onRetry={reload}>
        {({ connections, total }) => (
          <>
            <div className="admin-line">
              <p>
                {t("connections.total", {
                  shown: count(connections.length, language),
                  total: count(total, language),
                })}
              </p>
              <Button onClick={reload}>{t("admin.refresh")}</Button>
            </div>
            <DataTable
              label={t("admin.connections")}
              rows={connections}
              keyOf={(connection) => connection.connection_id}
              empty={t("connections.none")}
              columns={[
                {
                  title: t("connections.who"),
                  cell: (each) => each.display_name,
                  long: true,
                  narrow: "head",
                },
                { title: t("connections.protocol"), cell: (each) => <code>{each.protocol}</code> },
                { title: t("connections.since"), cell: (each) => shortTime(each.since, language) },
                { title: t("connections.address"), cell: (each) => each.address },
              ]}
            />
          </>
        )}
      </State>
    </section>
  );
}
