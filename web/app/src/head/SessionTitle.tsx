/** The title at the head of a session, edited where it stands. */
import { useState } from "react";
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { TitleInput } from "../sessions/TitleInput.js";
import { tellTrouble } from "../shell/notices.js";

interface SessionTitleProps {
  sessionId: string;
  title: string;
  editable: boolean;
}

export function SessionTitle({ sessionId, title, editable }: SessionTitleProps) {
  const t = useWords();
  const { renameSession } = useActions();
  const [editing, setEditing] = useState(false);
  const shown = title || t("session.untitled");

  if (editing) {
    const done = (to: string) => {
      setEditing(false);
      if (to !== title) renameSession(sessionId, to).catch(tellTrouble);
    };
    return (
      <div className="head-title">
        <TitleInput title={title} onDone={done} onCancel={() => setEditing(false)} />
      </div>
    );
  }
  return (
    <h1 className="head-title" title={shown}>
      {editable ? (
        <button type="button" aria-description={t("session.title.edit")} onClick={() => setEditing(true)}>
          {shown}
        </button>
      ) : (
        shown
      )}
    </h1>
  );
}
