/** Go anywhere, do anything: one field, one list, arrows and Enter. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useWords } from "../i18n/index.js";
import { Snippet } from "../search/Snippet.js";
import { groupHits } from "../search/snippet.js";
import { useSearch } from "../search/useSearch.js";
import { useSessions } from "../session/backend.js";
import { useDeletions } from "../sessions/deletions.js";
import { Dialog } from "../ui/Dialog.js";
import { Icon, type IconName } from "../ui/Icon.js";
import { goTo } from "./route.js";
import { usePaletteActions } from "./usePaletteActions.js";
import "../search/search.css";

/** Sessions listed at once. */
const SESSIONS_MAX = 8;

interface Entry {
  id: string;
  icon: IconName;
  words: ReactNode;
  run: () => void;
}

interface Group {
  title: string;
  entries: Entry[];
}

interface PaletteProps {
  openId: string | undefined;
  onClose: () => void;
  onKeys: () => void;
}

export default function Palette({ openId, onClose, onKeys }: PaletteProps) {
  const t = useWords();
  const id = useId();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const groups = useGroups(query.trim(), openId, onKeys);
  const entries = groups.flatMap((group) => group.entries);
  const chosen = entries[Math.min(at, entries.length - 1)];

  useEffect(() => {
    list.current?.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" });
  });

  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && entries.length > 0)
      setAt((now) => (Math.min(now, entries.length - 1) + step + entries.length) % entries.length);
    else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog label={t("palette.label")} className="palette" onClose={onClose}>
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={chosen && `${id}-${chosen.id}`}
        aria-label={t("palette.label")}
        placeholder={t("palette.placeholder")}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={pressed}
      />
      <div ref={list} id={id} className="palette-list" role="listbox" aria-label={t("palette.label")}>
        {entries.length === 0 && <p className="session-note">{t("palette.empty")}</p>}
        {groups.map((group) => (
          <div key={group.title} role="group" aria-label={group.title}>
            <p className="menu-title" aria-hidden="true">
              {group.title}
            </p>
            {group.entries.map((entry) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys, as a combobox does.
              <div
                key={entry.id}
                id={`${id}-${entry.id}`}
                role="option"
                tabIndex={-1}
                aria-selected={entry === chosen}
                className="menu-item"
                onClick={() => run(entry)}
              >
                <Icon name={entry.icon} />
                <span className="palette-words">{entry.words}</span>
              </div>
            ))}
          </div>
        ))}
      </div>
    </Dialog>
  );
}

/** What fits the words: sessions by title, what can be done, and messages by session. */
function useGroups(query: string, openId: string | undefined, onKeys: () => void): Group[] {
  const t = useWords();
  const { sessions } = useSessions(query);
  const deletions = useDeletions();
  const actions = usePaletteActions(openId, onKeys);
  const { hits } = useSearch(query);
  const wanted = query.toLocaleLowerCase();
  const rooms: Entry[] = sessions
    .filter((session) => !(session.session_id in deletions))
    .slice(0, SESSIONS_MAX)
    .map((session) => ({
      id: session.session_id,
      icon: "chat",
      words: session.title || t("session.untitled"),
      run: () => goTo({ sessionId: session.session_id }),
    }));
  const found: Group[] = groupHits(hits).map((group) => ({
    title: t("search.in", { title: group.title || t("session.untitled") }),
    entries: group.hits.map((hit) => ({
      id: hit.message_id,
      icon: "search",
      words: (
        <>
          {hit.author.display_name}: <Snippet snippet={hit.snippet} />
        </>
      ),
      run: () => goTo({ sessionId: hit.session_id, messageId: hit.message_id }),
    })),
  }));
  return [
    { title: t("palette.sessions"), entries: rooms },
    {
      title: t("palette.actions"),
      entries: actions.filter((action) => action.words.toLocaleLowerCase().includes(wanted)),
    },
    ...found,
  ].filter((group) => group.entries.length > 0);
}
