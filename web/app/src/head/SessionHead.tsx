/** The head of a session: its title, who is here, which model, and the connection. */
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import type { SessionView } from "../session/types.js";
import { tellTrouble } from "../shell/notices.js";
import { ConnectionDot } from "./ConnectionState.js";
import { ModelPicker } from "./ModelPicker.js";
import { People } from "./People.js";
import { SessionTitle } from "./SessionTitle.js";
import "./head.css";

interface SessionHeadProps {
  sessionId: string;
  session: SessionView;
}

export function SessionHead({ sessionId, session }: SessionHeadProps) {
  const t = useWords();
  const { configureSession } = useActions();
  const summary = session.summary;
  const editable = summary !== undefined && summary.role !== "viewer" && summary.status !== "closed";
  return (
    <header className="head">
      {summary ? (
        <SessionTitle key={sessionId} sessionId={sessionId} title={summary.title} editable={editable} />
      ) : (
        <div className="head-title">
          <h1 className="unseen">{t(session.state === "loading" ? "session.loading" : "app.name")}</h1>
          {session.state === "loading" && <div className="skeleton head-skeleton" />}
        </div>
      )}
      <People participants={session.participants} />
      {summary && (
        <ModelPicker
          model={session.model}
          effort={session.effort}
          editable={editable}
          onChoose={(change) => configureSession(sessionId, change).catch(tellTrouble)}
        />
      )}
      <ConnectionDot />
    </header>
  );
}
