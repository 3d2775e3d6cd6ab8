/** What waits its turn, in a line above the composer: where it stands, and a way to change or take it back. */
import type { Message, QueuedTurn } from "@madang/protocol";
import { useState } from "react";
import { EditMessage } from "../conversation/EditMessage.js";
import { place } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import type { May } from "../session/may.js";
import { tellTrouble } from "../shell/notices.js";
import { Button } from "../ui/Button.js";

interface QueueProps {
  sessionId: string;
  queued: readonly QueuedTurn[];
  messages: readonly Message[];
  may: May;
}

export function Queue({ sessionId, queued, messages, may }: QueueProps) {
  const t = useWords();
  if (queued.length === 0) return null;
  return (
    <ul className="queue" aria-label={t("queue.label")}>
      {queued.map((turn) => (
        <QueueLine
          key={turn.turn_id}
          sessionId={sessionId}
          turn={turn}
          prompt={messages.find((message) => message.message_id === turn.prompt_id)}
          may={may}
        />
      ))}
    </ul>
  );
}

interface QueueLineProps {
  sessionId: string;
  turn: QueuedTurn;
  prompt: Message | undefined;
  may: May;
}

function QueueLine({ sessionId, turn, prompt, may }: QueueLineProps) {
  const t = useWords();
  const language = useLanguage();
  const { me } = useHere();
  const { stop, editQueued } = useActions();
  const [editing, setEditing] = useState(false);
  const mine = prompt !== undefined && prompt.author.user_id === me?.userId;
  const text = prompt?.content ?? "";

  if (editing) {
    return (
      <li className="queue-line">
        <EditMessage
          text={text}
          label={t("queue.edit")}
          save={t("message.edit.queued")}
          onSave={(content) => {
            setEditing(false);
            if (content !== text) editQueued(sessionId, turn.prompt_id, content).catch(tellTrouble);
          }}
          onCancel={() => setEditing(false)}
        />
      </li>
    );
  }
  return (
    <li className="queue-line">
      <span className="queue-place">{t("queue.line", { place: place(turn.position, language, t) })}</span>
      <span className="queue-text">
        {mine || !prompt ? text : t("queue.by", { name: prompt.author.display_name, text })}
      </span>
      {(may.changeAny || (mine && may.prompt)) && prompt && (
        <Button look="quiet" onClick={() => setEditing(true)}>
          {t("queue.edit")}
        </Button>
      )}
      {(may.stopAny || (mine && may.prompt)) && (
        <Button look="quiet" onClick={() => stop(sessionId, turn.prompt_id).catch(tellTrouble)}>
          {t("queue.cancel")}
        </Button>
      )}
    </li>
  );
}
