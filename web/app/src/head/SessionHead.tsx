/** The head of a session: its title, who is here, which model, and the connection. */
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import { mayOf } from "../session/may.js";
import type { SessionView } from "../session/types.js";
import { request } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { Button } from "../ui/Button.js";
import { ConnectionDot } from "./ConnectionState.js";
import { ModelPicker } from "./ModelPicker.js";
import { People } from "./People.js";
import { SessionMenu } from "./SessionMenu.js";
import { SessionTitle } from "./SessionTitle.js";
import "./head.css";

interface SessionHeadProps {
  sessionId: string;
  session: SessionView;
}

export function SessionHead({ sessionId, session }: SessionHeadProps) {
  const t = useWords();
  const { me } = useHere();
  const { configureSession } = useActions();
  const summary = session.summary;
  const may = mayOf(session, me?.userId);
  const gone = session.state === "removed" || session.state === "forbidden";
  return (
    <header className="head">
      {summary && !gone ? (
        <SessionTitle key={sessionId} sessionId={sessionId} title={summary.title} editable={may.configure} />
      ) : (
        <div className="head-title">
          <h1 className="unseen">{t(session.state === "loading" ? "session.loading" : "app.name")}</h1>
          {session.state === "loading" && <div className="skeleton head-skeleton" />}
        </div>
      )}
      {!gone && <People participants={session.participants} presence={session.presence} />}
      {may.invite && (
        <span className="head-invite">
          <Button look="quiet" icon="plus" onClick={() => request("invite", undefined)}>
            {t("head.invite")}
          </Button>
        </span>
      )}
      {summary && !gone && (
        <ModelPicker
          model={session.model}
          effort={session.effort}
          editable={may.configure}
          onChoose={(change) => configureSession(sessionId, change).catch(tellTrouble)}
        />
      )}
      {summary && !gone && <SessionMenu sessionId={sessionId} session={session} may={may} />}
      <ConnectionDot />
    </header>
  );
}
