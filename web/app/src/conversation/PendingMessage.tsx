/**
 * One's own message on its way, or one that was refused, with what can be done. It looks as it will when it has
 * arrived, so that nothing moves then.
 */
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import { sentenceOf } from "../session/trouble.js";
import type { Pending } from "../session/types.js";
import { Button } from "../ui/Button.js";
import { Face } from "../ui/Face.js";
import { toneOf } from "../ui/tone.js";
import { PersonText } from "./PersonText.js";
import { useTalk } from "./talk.js";

interface PendingMessageProps {
  sessionId: string;
  pending: Pending;
  named: boolean;
}

export function PendingMessage({ sessionId, pending, named }: PendingMessageProps) {
  const t = useWords();
  const { me } = useHere();
  const { people } = useTalk();
  const color = people.get(me?.userId ?? "")?.color ?? me?.color;
  return (
    <article className={named ? "measure person person-named pending" : "measure person pending"}>
      {named && (
        <header className="person-head">
          <Face name={me?.displayName ?? ""} color={color} />
          <span className={`person-name ${toneOf(color)}`}>{me?.displayName}</span>
          {pending.to === "everyone" && <span className="person-to">{t("message.chat")}</span>}
        </header>
      )}
      <div className="person-body">
        <PersonText text={pending.content} />
      </div>
      {pending.state === "sending" ? (
        <span className="unseen">{t("message.sending")}</span>
      ) : (
        <PendingState sessionId={sessionId} pending={pending} />
      )}
    </article>
  );
}

function PendingState({ sessionId, pending }: { sessionId: string; pending: Pending }) {
  const t = useWords();
  const { retryPending, discardPending } = useActions();
  const failed = pending.state === "failed";
  return (
    <div
      className={failed ? "pending-state pending-failed" : "pending-state"}
      role={failed ? "alert" : undefined}
    >
      {failed ? (
        <>
          <span>
            {t("message.failed")}
            {pending.trouble && `. ${sentenceOf(pending.trouble, t)}`}
          </span>
          <Button onClick={() => retryPending(sessionId, pending.id)}>{t("message.retry")}</Button>
        </>
      ) : (
        t("message.waits")
      )}
      <Button look="quiet" onClick={() => discardPending(sessionId, pending.id)}>
        {t("message.discard")}
      </Button>
    </div>
  );
}
