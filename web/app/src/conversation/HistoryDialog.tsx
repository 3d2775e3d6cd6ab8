/** The texts that a message once had. */
import type { Message } from "@madang/protocol";
import { useCallback } from "react";
import { fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { IconButton } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import "../ui/forms.css";

interface HistoryDialogProps {
  sessionId: string;
  message: Message;
  onClose: () => void;
}

export default function HistoryDialog({ sessionId, message, onClose }: HistoryDialogProps) {
  const t = useWords();
  const language = useLanguage();
  const { revisions } = useActions();
  const id = message.message_id;
  const [texts, reload] = useLoaded(useCallback(() => revisions(sessionId, id), [revisions, sessionId, id]));
  const title = t("history.title", { name: message.author.display_name });
  return (
    <Dialog label={title} onClose={onClose}>
      <div className="dialog-head">
        <h2>{title}</h2>
        <IconButton icon="close" size="small" label={t("keys.close")} onClick={onClose} />
      </div>
      <div className="history">
        {texts.state === "loading" && <div className="skeleton history-skeleton" />}
        {texts.state === "failed" && <TroubleLine trouble={texts.trouble} onRetry={reload} />}
        {texts.state === "here" && (
          <ol className="history-texts">
            {[...texts.value].reverse().map((revision, index) => (
              <li key={revision.at}>
                <p className="history-when">
                  {index === 0 ? t("history.now") : fullTime(revision.at, language)}
                </p>
                <p className="plain-text">{revision.content}</p>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Dialog>
  );
}
