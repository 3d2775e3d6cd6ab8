/** What a person wrote: in a quiet tint, with a name once per group. */
import type { Message } from "@madang/protocol";
import { memo, useEffect, useState } from "react";
import { Face } from "../head/People.js";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import { onRequest } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { IconButton } from "../ui/Button.js";
import { BranchSwitch } from "./BranchSwitch.js";
import { CopyButton } from "./CopyButton.js";
import { EditMessage } from "./EditMessage.js";
import { MessageTime } from "./MessageTime.js";
import { PersonText } from "./PersonText.js";

interface PersonMessageProps {
  sessionId: string;
  message: Message;
  siblings: readonly string[] | undefined;
  writable: boolean;
  named: boolean;
  color: string | undefined;
}

export const PersonMessage = memo(function PersonMessage(props: PersonMessageProps) {
  const { sessionId, message, siblings, writable, named, color } = props;
  const t = useWords();
  const { me } = useHere();
  const { editPrompt } = useActions();
  const [editing, setEditing] = useState(false);
  const { display_name: name, user_id: userId } = message.author;
  const editable = writable && message.kind === "prompt" && userId === me?.userId;

  useEffect(() => {
    if (!editable) return;
    return onRequest("editLast", (id) => {
      if (id === message.message_id) setEditing(true);
    });
  }, [editable, message.message_id]);

  const save = (content: string) => {
    setEditing(false);
    if (content !== message.content) editPrompt(sessionId, message.message_id, content).catch(tellTrouble);
  };

  return (
    <article
      className={named ? "measure person person-named" : "measure person"}
      data-message
      tabIndex={-1}
      aria-label={name}
    >
      <header className={named ? "person-head" : "unseen"}>
        <Face name={name} color={color ?? ""} />
        <h2 className="person-name">{name}</h2>
        {message.kind === "chat" && <span className="person-to">{t("message.chat")}</span>}
        <MessageTime at={message.created_at} />
      </header>
      {editing ? (
        <EditMessage
          text={message.content}
          label={t("message.edit")}
          note={t("message.edit.note")}
          save={t("message.edit.save")}
          onSave={save}
          onCancel={() => setEditing(false)}
        />
      ) : (
        <div className="person-body">
          <PersonText text={message.content} />
          <div className="person-actions">
            <CopyButton text={message.content} />
            {editable && (
              <IconButton
                icon="edit"
                size="small"
                label={t("message.edit")}
                onClick={() => setEditing(true)}
              />
            )}
          </div>
        </div>
      )}
      <BranchSwitch sessionId={sessionId} messageId={message.message_id} siblings={siblings} />
    </article>
  );
});
