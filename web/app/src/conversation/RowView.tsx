/** One row; what breaks in a message stays in its row. */
import { memo } from "react";
import { dayName } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import type { SessionView } from "../session/types.js";
import { ErrorBoundary } from "../shell/ErrorBoundary.js";
import { BrokenMessage } from "./BrokenMessage.js";
import { PendingMessage } from "./PendingMessage.js";
import { PersonMessage } from "./PersonMessage.js";
import { ReplyMessage } from "./ReplyMessage.js";
import type { Row } from "./rows.js";

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
      return (
        <div className="divider divider-new">
          <span>{t("conversation.new")}</span>
        </div>
      );
    case "pending":
      return (
        <PendingMessage
          sessionId={sessionId}
          pending={row.pending}
          named={row.named}
          participants={session.participants}
        />
      );
    case "message": {
      const { message } = row;
      const siblings = session.branches.get(message.message_id);
      const writable = session.summary?.role !== "viewer" && session.summary?.status !== "closed";
      const common = { sessionId, message, siblings, writable };
      return (
        <ErrorBoundary resetKey={message} fallback={<BrokenMessage text={message.content} />}>
          {message.kind === "reply" ? (
            <ReplyMessage
              {...common}
              last={row.last}
              running={session.running === message.message_id}
              waiting={session.waiting?.messageId === message.message_id ? session.waiting : undefined}
            />
          ) : (
            <PersonMessage
              {...common}
              named={row.named}
              color={session.participants.find((each) => each.user_id === message.author.user_id)?.color}
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
