/** Messages found, by session, in the list at the side. */
import type { SearchHit } from "@madang/protocol";
import { type MouseEvent, useMemo } from "react";
import { dayName } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { goTo, pathOf } from "../shell/route.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { Snippet } from "./Snippet.js";
import { groupHits } from "./snippet.js";
import { useSearch } from "./useSearch.js";
import "../ui/forms.css";
import "./search.css";

export function SearchHits({ query }: { query: string }) {
  const t = useWords();
  const search = useSearch(query);
  const groups = useMemo(() => groupHits(search.hits), [search.hits]);
  if (search.state === "none") return null;
  return (
    <section className="hits" aria-label={t("search.messages")}>
      <h2>{t("search.messages")}</h2>
      {search.state === "loading" && (
        <div className="session-skeletons" aria-hidden="true">
          <div className="skeleton" style={{ width: "70%" }} />
        </div>
      )}
      {search.state === "failed" && <TroubleLine trouble={search.trouble} />}
      {search.state === "here" && groups.length === 0 && (
        <p className="session-note">{t("search.none", { query })}</p>
      )}
      {groups.map((group) => (
        <div key={group.sessionId} className="hit-group">
          <h3 title={group.title}>{group.title || t("session.untitled")}</h3>
          <ul>
            {group.hits.map((hit) => (
              <li key={hit.message_id}>
                <Hit hit={hit} />
              </li>
            ))}
          </ul>
        </div>
      ))}
      {search.hasMore && (
        <Button look="quiet" onClick={search.more}>
          {t("search.more")}
        </Button>
      )}
    </section>
  );
}

function Hit({ hit }: { hit: SearchHit }) {
  const t = useWords();
  const language = useLanguage();
  const route = { sessionId: hit.session_id, messageId: hit.message_id };
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    goTo(route);
  };
  return (
    <a className="hit" href={pathOf(route)} onClick={follow}>
      <span className="hit-by">
        <span>{hit.author.display_name}</span>
        <time dateTime={new Date(hit.created_at).toISOString()}>
          {dayName(hit.created_at, Date.now(), language, t)}
        </time>
      </span>
      <span className="hit-text">
        <Snippet snippet={hit.snippet} />
      </span>
    </a>
  );
}
