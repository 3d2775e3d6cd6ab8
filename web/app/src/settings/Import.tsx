/** Conversations from elsewhere: Madang's own export, Claude's, ChatGPT's. */
import { type ChangeEvent, useRef, useState } from "react";
import type { Imported } from "../account/types.js";
import { bytes } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { goTo, pathOf } from "../shell/route.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { Section } from "./Section.js";

/** Bytes that the server takes. */
const IMPORT_BYTES_MAX = 32 * 1024 * 1024;

export function Import() {
  const t = useWords();
  const language = useLanguage();
  const http = useHttp();
  const task = useTask();
  const field = useRef<HTMLInputElement>(null);
  const [done, setDone] = useState<Imported>();
  const [large, setLarge] = useState(false);

  const chosen = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    // The same file can be chosen again.
    event.target.value = "";
    if (!file) return;
    setDone(undefined);
    setLarge(file.size > IMPORT_BYTES_MAX);
    if (file.size <= IMPORT_BYTES_MAX) task.run(() => http.importSessions(file), setDone);
  };
  const unreadable = ["INVALID_JSON", "INVALID_DATA", "UNSUPPORTED_FORMAT"].includes(
    task.trouble?.code ?? "",
  );
  return (
    <Section title={t("import.title")} note={t("import.note")}>
      <input
        ref={field}
        type="file"
        accept=".json,application/json"
        className="unseen"
        aria-label={t("import.choose")}
        tabIndex={-1}
        onChange={chosen}
      />
      <div>
        <Button icon="upload" disabled={task.busy} onClick={() => field.current?.click()}>
          {t(task.busy ? "import.busy" : "import.choose")}
        </Button>
      </div>
      {large && (
        <p className="trouble" role="alert">
          {t("import.large", { max: bytes(IMPORT_BYTES_MAX, language) })}
        </p>
      )}
      <TroubleLine trouble={task.trouble} words={unreadable ? t("import.unreadable") : undefined} />
      {done && (
        <div role="status">
          <p>{t("import.done", { count: done.sessions.length })}</p>
          {done.skipped > 0 && <p className="note">{t("import.skipped", { count: done.skipped })}</p>}
          <ul className="lines">
            {done.sessions.map((session) => (
              <li key={session.session_id} className="line">
                <a
                  href={pathOf({ sessionId: session.session_id })}
                  onClick={(event) => {
                    event.preventDefault();
                    goTo({ sessionId: session.session_id });
                  }}
                >
                  {session.title || t("session.untitled")}
                </a>
                <span className="line-note">{t("import.messages", { count: session.messages })}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  );
}
