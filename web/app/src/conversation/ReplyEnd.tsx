/** How a reply ended, where that needs saying, and the next step. */
import type { Message } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { sentenceOf } from "../session/trouble.js";
import { tellTrouble } from "../shell/notices.js";
import { Button } from "../ui/Button.js";
import { type Ending, endingOf } from "./ending.js";

interface ReplyEndProps {
  sessionId: string;
  message: Message;
  writable: boolean;
  last: boolean;
}

export function ReplyEnd({ sessionId, message, writable, last }: ReplyEndProps) {
  const t = useWords();
  const { regenerate, send } = useActions();
  const ending = endingOf(message);
  if (!ending) return null;
  const sentence = (): string => {
    switch (ending.kind) {
      case "stopped":
        return t("reply.stopped", { name: ending.by });
      case "interrupted":
        return t("reply.interrupted");
      case "longest":
        return t("reply.max");
      case "refused":
        return t("reply.refused");
      case "empty":
        return t("reply.empty");
      case "failed":
        return sentenceOf(ending.trouble, t);
    }
  };
  const proceed = () =>
    send({
      sessionId,
      to: "claude",
      content: t("message.continue.prompt"),
      continues: message.message_id,
    }).catch(() => undefined);
  const again = () => regenerate(sessionId, message.message_id).catch(tellTrouble);
  return (
    <div className={ending.kind === "failed" ? "reply-end reply-failed" : "reply-end"}>
      <p>
        {sentence()}
        {ending.kind === "failed" && (
          <span className="notice-code">{t("error.code", { code: ending.trouble.code })}</span>
        )}
      </p>
      {writable && last && canContinue(ending) && <Button onClick={proceed}>{t("message.continue")}</Button>}
      {writable && last && ending.kind === "failed" && (
        <Button onClick={again}>{t("message.regenerate")}</Button>
      )}
    </div>
  );
}

function canContinue(ending: Ending): boolean {
  return ending.kind === "interrupted" || ending.kind === "longest";
}
