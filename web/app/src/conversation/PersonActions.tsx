/** What can be done with a person's message: seen on hover and focus, under fingers after a press on it. */
import type { Message } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { request } from "../shell/bus.js";
import { IconButton } from "../ui/Button.js";
import { CopyButton } from "./CopyButton.js";
import { ReactionPicker } from "./ReactionPicker.js";
import { useTalk } from "./talk.js";
import { useDeleteMessage } from "./useDeleteMessage.js";

interface PersonActionsProps {
  message: Message;
  editable: boolean;
  own: boolean;
  onEdit: () => void;
}

export function PersonActions({ message, editable, own, onEdit }: PersonActionsProps) {
  const t = useWords();
  const { sessionId, may } = useTalk();
  const remove = useDeleteMessage(sessionId, message.message_id);
  const deletable = own ? may.changeOwn : may.changeAny;
  return (
    <div className="person-actions" role="group" aria-label={t("message.actions")}>
      {may.react && <ReactionPicker messageId={message.message_id} />}
      {(may.prompt || may.chat) && (
        <IconButton
          icon="reply"
          size="small"
          label={t("message.reply")}
          onClick={() => request("reply", message.message_id)}
        />
      )}
      <CopyButton text={message.content} />
      {editable && <IconButton icon="edit" size="small" label={t("message.edit")} onClick={onEdit} />}
      {deletable && <IconButton icon="trash" size="small" label={t("message.delete")} onClick={remove} />}
    </div>
  );
}
