/** One's own message on its way, or one that was refused, with what can be done. */
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { sentenceOf } from "../session/trouble.js";
import type { Pending } from "../session/types.js";
import { Button } from "../ui/Button.js";
import { PersonText } from "./PersonText.js";

export function PendingMessage({ sessionId, pending }: { sessionId: string; pending: Pending }) {
  const t = useWords();
  const { retryPending, discardPending } = useActions();
  const failed = pending.state === "failed";
  return (
    <article className="measure person person-named pending">
      <div className="person-body">
        <PersonText text={pending.content} />
      </div>
      <div
        className={failed ? "pending-state pending-failed" : "pending-state"}
        role={failed ? "alert" : undefined}
      >
        {pending.state === "sending" && t("message.sending")}
        {pending.state === "waiting" && t("message.waits")}
        {failed && (
          <>
            <span>
              {t("message.failed")}
              {pending.trouble && `. ${sentenceOf(pending.trouble, t)}`}
            </span>
            <Button onClick={() => retryPending(sessionId, pending.id)}>{t("message.retry")}</Button>
          </>
        )}
        {pending.state !== "sending" && (
          <Button look="quiet" onClick={() => discardPending(sessionId, pending.id)}>
            {t("message.discard")}
          </Button>
        )}
      </div>
    </article>
  );
}
