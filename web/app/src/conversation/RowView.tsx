/** One row; what breaks in a message stays in its row. */
import { memo } from "react";
import { dayName } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import type { SessionView } from "../session/types.js";
import { request } from "../shell/bus.js";
import { ErrorBoundary } from "../shell/ErrorBoundary.js";
import { Button } from "../ui/Button.js";
import { BrokenMessage } from "./BrokenMessage.js";
import { PendingMessage } from "./PendingMessage.js";
import { PersonMessage } from "./PersonMessage.js";
import { ReplyMessage } from "./ReplyMessage.js";
import type { Row } from "./rows.js";
import { useTalk } from "./talk.js";

interface RowViewProps {
  row: Row;
  sessionId: string;
  session: SessionView;
}

export function RowView({ row, sessionId, session }: RowViewProps) {
  const t = useWords();
  switch (row.kind) {
    case "start":
      return (
        <div className="start" role="status">
          {row.loading && t("conversation.older")}
        </div>
      );
    case "day":
      return <DayDivider at={row.at} />;
    case "new":
      return <NewDivider />;
    case "pending":
      return <PendingMessage sessionId={sessionId} pending={row.pending} named={row.named} />;
    case "message": {
      const { message } = row;
      const siblings = session.branches.get(message.message_id);
      const find = (id: string | null | undefined) =>
        id ? session.messages.find((each) => each.message_id === id) : undefined;
      return (
        <ErrorBoundary resetKey={message} fallback={<BrokenMessage text={message.content} />}>
          {message.kind === "reply" ? (
            <ReplyMessage
              message={message}
              siblings={siblings}
              askedBy={find(message.parent_id)?.author}
              last={row.last}
              running={session.running === message.message_id}
              waiting={session.waiting?.messageId === message.message_id ? session.waiting : undefined}
            />
          ) : (
            <PersonMessage
              message={message}
              siblings={siblings}
              named={row.named}
              quoted={find(message.reply_to)}
            />
          )}
        </ErrorBoundary>
      );
    }
  }
}

const DayDivider = memo(function DayDivider({ at }: { at: number }) {
  const t = useWords();
  const language = useLanguage();
  return (
    <div className="divider">
      <span>{dayName(at, Date.now(), language, t)}</span>
    </div>
  );
});

/** The line between what one knew and what is new, with a way to have it told. */
function NewDivider() {
  const t = useWords();
  const { may } = useTalk();
  return (
    <div className="divider divider-new">
      <span>{t("conversation.new")}</span>
      {may.prompt && (
        <Button look="quiet" onClick={() => request("catchUp", undefined)}>
          {t("catchup.ask")}
        </Button>
      )}
    </div>
  );
}
