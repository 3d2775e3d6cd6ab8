/** What can be done at the end of a reply: seen on hover and focus, always at the newest. */
import type { Author, Message } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { request } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { goTo } from "../shell/route.js";
import { IconButton } from "../ui/Button.js";
import { BranchSwitch } from "./BranchSwitch.js";
import { CopyButton } from "./CopyButton.js";
import { ReactionPicker } from "./ReactionPicker.js";
import { ReplyCost } from "./ReplyCost.js";
import { useTalk } from "./talk.js";

interface ReplyActionsProps {
  sessionId: string;
  message: Message;
  askedBy: Author | undefined;
  siblings: readonly string[] | undefined;
  writable: boolean;
  running: boolean;
}

export function ReplyActions(props: ReplyActionsProps) {
  const { sessionId, message, askedBy, siblings, writable, running } = props;
  const t = useWords();
  const { may } = useTalk();
  const { regenerate, forkSession } = useActions();
  const id = message.message_id;
  // While it is written its place is kept, so that nothing jumps when it ends.
  if (running) return <div className="reply-actions" />;
  const fork = () =>
    forkSession(sessionId, id).then((made) => {
      if (made) goTo({ sessionId: made });
    }, tellTrouble);
  return (
    <div className="reply-actions">
      <BranchSwitch sessionId={sessionId} messageId={id} siblings={siblings} />
      <div className="reply-tools" role="group" aria-label={t("message.actions")}>
        {may.react && <ReactionPicker messageId={id} />}
        {(may.prompt || may.chat) && (
          <IconButton
            icon="reply"
            size="small"
            label={t("message.reply")}
            onClick={() => request("reply", id)}
          />
        )}
        {message.content && <CopyButton text={message.content} />}
        {writable && (
          <IconButton
            icon="again"
            size="small"
            label={t("message.regenerate")}
            onClick={() => regenerate(sessionId, id).catch(tellTrouble)}
          />
        )}
        <IconButton icon="fork" size="small" label={t("message.fork")} onClick={fork} />
        {message.reply && <ReplyCost message={message} reply={message.reply} askedBy={askedBy} />}
      </div>
    </div>
  );
}
