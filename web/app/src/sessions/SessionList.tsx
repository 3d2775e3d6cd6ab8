/** The sessions by age, with search, and every state that such a list can be in. */
import { useDeferredValue, useMemo, useState } from "react";
import { useWords } from "../i18n/index.js";
import { SearchHits } from "../search/SearchHits.js";
import { useActions, useSessions } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { Button, IconButton } from "../ui/Button.js";
import { Icon } from "../ui/Icon.js";
import { useNow } from "../ui/useNow.js";
import { useDeletions } from "./deletions.js";
import { groupByAge } from "./groups.js";
import { InvitedList } from "./InvitedList.js";
import { SessionRow } from "./SessionRow.js";
import "./sessions.css";

/** Milliseconds between looks at the calendar. */
const CALENDAR_MS = 60_000;
const PLACEHOLDERS = ["62%", "48%", "74%", "55%", "68%"];

export function SessionList({ openId }: { openId: string | undefined }) {
  const t = useWords();
  const { loadMoreSessions, reloadSessions } = useActions();
  const [query, setQuery] = useState("");
  const asked = useDeferredValue(query.trim());
  const list = useSessions(asked);
  const deletions = useDeletions();
  const now = useNow(CALENDAR_MS);
  const shown = useMemo(
    () => list.sessions.filter((session) => !(session.session_id in deletions)),
    [list.sessions, deletions],
  );
  const groups = groupByAge(shown, now);

  return (
    <div className="sessions">
      <div className="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label={t("rail.search")}
          placeholder={t("rail.search")}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        {query && (
          <IconButton icon="close" size="small" label={t("rail.search.clear")} onClick={() => setQuery("")} />
        )}
      </div>
      <InvitedList />
      <nav className="session-list" aria-label={t("rail.title")}>
        {list.state === "loading" && shown.length === 0 && (
          <div className="session-skeletons" aria-hidden="true">
            {PLACEHOLDERS.map((width) => (
              <div key={width} className="skeleton" style={{ width }} />
            ))}
          </div>
        )}
        {list.state === "failed" && (
          <div className="session-note" role="alert">
            <p>{t("rail.failed")}</p>
            <Button onClick={() => reloadSessions(asked)}>{t("rail.retry")}</Button>
          </div>
        )}
        {list.state === "here" && shown.length === 0 && (
          <p className="session-note">{asked ? t("rail.none", { query: asked }) : t("rail.empty")}</p>
        )}
        {groups.map((group) => (
          <section key={group.age} className="session-group">
            <h2>{t(`rail.${group.age}`)}</h2>
            <ul>
              {group.sessions.map((session) => (
                <SessionRow key={session.session_id} session={session} open={session.session_id === openId} />
              ))}
            </ul>
          </section>
        ))}
        {list.hasMore && (
          <Button look="quiet" onClick={() => void loadMoreSessions(asked).catch(tellTrouble)}>
            {t("rail.more")}
          </Button>
        )}
        {asked && <SearchHits query={asked} />}
      </nav>
    </div>
  );
}
