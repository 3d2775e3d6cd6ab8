/** The composer of an open session, or the sentence that stands where one may not write. */
import type { Message } from "@madang/protocol";
import { useCallback, useEffect, useMemo, useState } from "react";
import { ActivityLine } from "../conversation/ActivityLine.js";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import { mayOf } from "../session/may.js";
import type { SessionView, Target } from "../session/types.js";
import { onRequest, request } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { BudgetNote } from "./BudgetNote.js";
import { Composer, type SendExtras } from "./Composer.js";
import { Queue } from "./QueueLine.js";
import { useTyping } from "./useTyping.js";

const BOTH: readonly Target[] = ["claude", "everyone"];

export function SessionComposer({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const { me, models } = useHere();
  const { send, stop } = useActions();
  const { running, summary, messages, queued, participants } = session;
  const may = mayOf(session, me?.userId);
  const targets = useMemo(
    () => BOTH.filter((target) => (target === "claude" ? may.prompt : may.chat)),
    [may.prompt, may.chat],
  );
  const others = useMemo(
    () => participants.filter((each) => each.user_id !== me?.userId),
    [participants, me?.userId],
  );
  const alone = others.every((each) => each.user_id === "claude");
  const [replyingTo, setReplyingTo] = useState<Message>();
  const typing = useTyping(alone ? undefined : sessionId);

  const submit = useCallback(
    (content: string, to: Target, { mentions }: SendExtras) => {
      setReplyingTo(undefined);
      // A refusal shows at the message itself, which stays until it is sent or removed.
      void send({ sessionId, content, to, mentions, replyTo: replyingTo?.message_id }).catch(() => undefined);
    },
    [send, sessionId, replyingTo],
  );
  const stoppable = may.stopAny || (may.prompt && askerOf(session) === me?.userId);
  const halt = useCallback(() => {
    if (running && stoppable) stop(sessionId, running).catch(tellTrouble);
  }, [running, stoppable, stop, sessionId]);
  useEffect(() => onRequest("stop", halt), [halt]);
  useEffect(
    () => onRequest("reply", (id) => setReplyingTo(messages.find((message) => message.message_id === id))),
    [messages],
  );

  const editLast = () => {
    const own = (each: Message) =>
      each.kind !== "reply" && each.author.user_id === me?.userId && each.deleted_at === undefined;
    const last = messages.findLast(own);
    if (last) request("editLast", last.message_id);
  };

  return (
    <footer className="composer-place">
      <div className="measure">
        <ActivityLine session={session} />
        <Queue sessionId={sessionId} queued={queued} messages={messages} may={may} />
        <BudgetNote session={session} />
        {summary && targets.length === 0 ? (
          <p className="composer-closed">
            {t(summary.status === "closed" ? "session.closed" : "session.readonly")}
          </p>
        ) : (
          <Composer
            place={sessionId}
            running={running !== undefined}
            targets={summary ? targets : BOTH}
            people={others}
            replyingTo={replyingTo}
            onLeaveReply={() => setReplyingTo(undefined)}
            onTyping={typing}
            onSend={submit}
            onStop={stoppable ? halt : undefined}
            onEditLast={editLast}
          />
        )}
        {models?.simulated && <p className="simulated">{t("simulated.line")}</p>}
      </div>
    </footer>
  );
}

/** Who asked for the reply that is being written. */
function askerOf({ running, messages }: SessionView): string | undefined {
  const reply = messages.findLast((message) => message.message_id === running);
  const prompt = messages.find((message) => message.message_id === reply?.parent_id);
  return prompt?.author.user_id;
}
