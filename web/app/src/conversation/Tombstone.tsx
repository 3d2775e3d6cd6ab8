import type { Message } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { undoDeletion } from "../sessions/deletions.js";
import { Button } from "../ui/Button.js";
import { MessageTime } from "./MessageTime.js";
import { useTalk } from "./talk.js";
import { keyOf } from "./useDeleteMessage.js";

interface TombstoneProps {
  message: Message;
  /** Whether it can still be brought back. */
  undoable: boolean;
}

/** What is left of a message: that there was one, and whose. */
export function Tombstone({ message, undoable }: TombstoneProps) {
  const t = useWords();
  const { sessionId, me } = useTalk();
  const { display_name: name, user_id: userId } = message.author;
  return (
    <article className="measure tombstone" data-message tabIndex={-1} aria-label={name}>
      <p>{userId === me ? t("message.deleted.own") : t("message.deleted", { name })}</p>
      {undoable && (
        <Button look="quiet" onClick={() => undoDeletion(keyOf(sessionId, message.message_id))}>
          {t("session.undo")}
        </Button>
      )}
      <MessageTime at={message.created_at} />
    </article>
  );
}
