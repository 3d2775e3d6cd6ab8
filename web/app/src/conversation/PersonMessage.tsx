/** What a person wrote: in a quiet tint, with a name once per group. */
import type { Message } from "@madang/protocol";
import { lazy, memo, Suspense, useEffect, useState } from "react";
import { useWords, withWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { useDeletions } from "../sessions/deletions.js";
import { onRequest } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { Face } from "../ui/Face.js";
import { toneOf } from "../ui/tone.js";
import { BranchSwitch } from "./BranchSwitch.js";
import { EditMessage } from "./EditMessage.js";
import { MessageTime } from "./MessageTime.js";
import { PersonActions } from "./PersonActions.js";
import { PersonText } from "./PersonText.js";
import { Quote } from "./Quote.js";
import { Reactions } from "./Reactions.js";
import { Tombstone } from "./Tombstone.js";
import { useTalk } from "./talk.js";
import { keyOf } from "./useDeleteMessage.js";

const HistoryDialog = lazy(withWords(() => import("./HistoryDialog.js")));

interface PersonMessageProps {
  message: Message;
  siblings: readonly string[] | undefined;
  named: boolean;
  /** The message that this one answers, where it is known. */
  quoted: Message | undefined;
}

export const PersonMessage = memo(function PersonMessage(props: PersonMessageProps) {
  const { message, siblings, named, quoted } = props;
  const t = useWords();
  const { sessionId, me, may, people } = useTalk();
  const { editPrompt, editMessage } = useActions();
  const deletions = useDeletions();
  const [editing, setEditing] = useState(false);
  const [history, setHistory] = useState(false);
  const { display_name: name, user_id: userId } = message.author;
  const color = people.get(userId)?.color;
  const prompt = message.kind === "prompt";
  const own = userId === me;
  const called = me !== undefined && !own && message.mentions?.includes(me) === true;
  const editable = own && (prompt ? may.prompt : may.changeOwn);
  const id = message.message_id;

  useEffect(() => {
    if (!editable) return;
    return onRequest("editLast", (wanted) => {
      if (wanted === id) setEditing(true);
    });
  }, [editable, id]);

  const deleting = keyOf(sessionId, id) in deletions;
  if (message.deleted_at !== undefined || deleting) {
    return <Tombstone message={message} undoable={deleting && message.deleted_at === undefined} />;
  }
  const save = (content: string) => {
    setEditing(false);
    if (content === message.content) return;
    (prompt ? editPrompt : editMessage)(sessionId, id, content).catch(tellTrouble);
  };

  return (
    <article
      className={`measure person${named ? " person-named" : ""}${called ? " person-called" : ""}`}
      data-message
      tabIndex={-1}
      aria-label={name}
    >
      <header className={named ? "person-head" : "unseen"}>
        <Face name={name} color={color} />
        <h2 className={`person-name ${toneOf(color)}`}>{name}</h2>
        {message.kind === "chat" && <span className="person-to">{t("message.chat")}</span>}
        <MessageTime at={message.created_at} />
      </header>
      {editing ? (
        <EditMessage
          text={message.content}
          label={t("message.edit")}
          {...(prompt ? { note: t("message.edit.note") } : {})}
          save={t(prompt ? "message.edit.save" : "message.edit.queued")}
          onSave={save}
          onCancel={() => setEditing(false)}
        />
      ) : (
        <div className="person-body">
          {message.reply_to !== undefined && <Quote messageId={message.reply_to} message={quoted} />}
          {called && <span className="unseen">{t("mention.own")}</span>}
          <PersonText text={message.content} mentions={message.mentions} />
          {message.edited_at !== undefined && (
            <button type="button" className="edited" onClick={() => setHistory(true)}>
              {t("message.edited")}
            </button>
          )}
          <PersonActions message={message} editable={editable} own={own} onEdit={() => setEditing(true)} />
        </div>
      )}
      <Reactions message={message} />
      <BranchSwitch sessionId={sessionId} messageId={id} siblings={siblings} />
      <Suspense>
        {history && (
          <HistoryDialog sessionId={sessionId} message={message} onClose={() => setHistory(false)} />
        )}
      </Suspense>
    </article>
  );
});
