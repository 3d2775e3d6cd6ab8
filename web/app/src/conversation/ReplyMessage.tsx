/** Claude's reply: no bubble, the full measure, its parts in order, and what can be done at its end. */
import type { Author, Message } from "@madang/protocol";
import { memo } from "react";
import { useWords } from "../i18n/index.js";
import { useRunning } from "../session/backend.js";
import type { Waiting } from "../session/types.js";
import { ClaudeMark } from "../ui/Icon.js";
import { MessageTime } from "./MessageTime.js";
import { Reactions } from "./Reactions.js";
import { ReplyActions } from "./ReplyActions.js";
import { ReplyEnd } from "./ReplyEnd.js";
import { ReplyParts } from "./ReplyParts.js";
import { useTalk } from "./talk.js";

interface ReplyMessageProps {
  message: Message;
  siblings: readonly string[] | undefined;
  /** Whose prompt it answers, where that is known. */
  askedBy: Author | undefined;
  /** Whether nothing follows it: its actions stay visible. */
  last: boolean;
  running: boolean;
  waiting: Waiting | undefined;
}

export const ReplyMessage = memo(function ReplyMessage(props: ReplyMessageProps) {
  const { message, siblings, askedBy, last, running, waiting } = props;
  const t = useWords();
  const { sessionId, may } = useTalk();
  const writable = may.prompt;
  const name = message.author.display_name;
  return (
    <article
      className={last ? "measure reply reply-last" : "measure reply"}
      data-message
      tabIndex={-1}
      aria-label={name}
    >
      <header className="reply-head">
        <ClaudeMark />
        <h2 className="person-name">{name}</h2>
        {message.reply?.simulated && <span className="person-to">{t("simulated.mark")}</span>}
        <MessageTime at={message.created_at} />
      </header>
      {running ? (
        <RunningParts sessionId={sessionId} message={message} waiting={waiting} />
      ) : (
        <ReplyParts parts={message.reply?.parts ?? []} content={message.content} writing={false} />
      )}
      {!running && <ReplyEnd sessionId={sessionId} message={message} writable={writable} last={last} />}
      <Reactions message={message} />
      <ReplyActions
        sessionId={sessionId}
        askedBy={askedBy}
        message={message}
        siblings={siblings}
        writable={writable}
        running={running}
      />
    </article>
  );
});

interface RunningPartsProps {
  sessionId: string;
  message: Message;
  waiting: Waiting | undefined;
}

/** The one part of the conversation that is drawn again with every piece of text. */
function RunningParts({ sessionId, message, waiting }: RunningPartsProps) {
  const running = useRunning(sessionId);
  const parts = running?.messageId === message.message_id ? running.parts : (message.reply?.parts ?? []);
  return <ReplyParts parts={parts} content={message.content} writing waiting={waiting} />;
}
