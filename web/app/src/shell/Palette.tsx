/** Go anywhere, do anything: one field, one list, arrows and Enter. */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useSessions } from "../session/backend.js";
import { useDeletions } from "../sessions/deletions.js";
import { Dialog } from "../ui/Dialog.js";
import { Icon, type IconName } from "../ui/Icon.js";
import { goTo } from "./route.js";
import { usePaletteActions } from "./usePaletteActions.js";

/** Sessions listed at once. */
const SESSIONS_MAX = 8;

interface Entry {
  id: string;
  icon: IconName;
  words: string;
  run: () => void;
}

export default function Palette({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const t = useWords();
  const id = useId();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const { sessions } = useSessions(query.trim());
  const deletions = useDeletions();
  const actions = usePaletteActions(onKeys);
  const wanted = query.trim().toLocaleLowerCase();

  const rooms: Entry[] = sessions
    .filter((session) => !(session.session_id in deletions))
    .slice(0, SESSIONS_MAX)
    .map((session) => ({
      id: session.session_id,
      icon: "chat",
      words: session.title || t("session.untitled"),
      run: () => goTo({ sessionId: session.session_id }),
    }));
  const fitting: Entry[] = actions.filter((action) => action.words.toLocaleLowerCase().includes(wanted));
  const groups = [
    { title: t("palette.sessions"), entries: rooms },
    { title: t("palette.actions"), entries: fitting },
  ].filter((group) => group.entries.length > 0);
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
