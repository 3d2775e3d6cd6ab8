/** The composer of an open session, or the sentence that stands where one may not write. */
import { useCallback, useEffect } from "react";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import type { SessionView, Target } from "../session/types.js";
import { onRequest, request } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { Composer } from "./Composer.js";
import { Queue } from "./QueueLine.js";

export function SessionComposer({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const { me, models } = useHere();
  const { send, stop } = useActions();
  const { running, summary, messages, queued, participants } = session;
  const writable = summary !== undefined && summary.role !== "viewer" && summary.status !== "closed";
  const people = participants.filter((each) => each.user_id !== "claude").length;

  const submit = useCallback(
    // A refusal shows at the message itself, which stays until it is sent or removed.
    (content: string, to: Target) => void send({ sessionId, content, to }).catch(() => undefined),
    [send, sessionId],
  );
  const halt = useCallback(() => {
    if (running) stop(sessionId, running).catch(tellTrouble);
  }, [running, stop, sessionId]);
  useEffect(() => onRequest("stop", halt), [halt]);

  const editLast = () => {
    const last = messages.findLast((each) => each.kind === "prompt" && each.author.user_id === me?.userId);
    if (last) request("editLast", last.message_id);
  };

  return (
    <footer className="composer-place">
      <div className="measure">
        <Queue sessionId={sessionId} queued={queued} messages={messages} writable={writable} />
        {summary && !writable ? (
          <p className="composer-closed">
            {t(summary.status === "closed" ? "session.closed" : "session.readonly")}
          </p>
        ) : (
          <Composer
            place={sessionId}
            running={running !== undefined}
            switchable={people > 0}
            onSend={submit}
            onStop={halt}
            onEditLast={editLast}
          />
        )}
        {models?.simulated && <p className="simulated">{t("simulated.line")}</p>}
      </div>
    </footer>
  );
}
