/** What people put under a message: each emoji with its number, and who, on hover and for ears. */
import type { Message, Reaction } from "@madang/protocol";
import { useLanguage, useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { useTalk } from "./talk.js";

/** Names said; the rest is a number. */
const NAMES_MAX = 10;

export function Reactions({ message }: { message: Message }) {
  const reactions = message.reactions?.filter((each) => each.users.length > 0) ?? [];
  if (reactions.length === 0) return null;
  return (
    <div className="reactions">
      {reactions.map((reaction) => (
        <ReactionChip key={reaction.emoji} messageId={message.message_id} reaction={reaction} />
      ))}
    </div>
  );
}

function ReactionChip({ messageId, reaction }: { messageId: string; reaction: Reaction }) {
  const t = useWords();
  const language = useLanguage();
  const { sessionId, me, may, people } = useTalk();
  const { react } = useActions();
  const { emoji, users } = reaction;
  const own = me !== undefined && users.includes(me);
  const named = users
    .slice(0, NAMES_MAX)
    .map((id) => (id === me ? t("people.me") : (people.get(id)?.display_name ?? t("people.gone"))));
  if (users.length > NAMES_MAX) named.push(t("people.more", { count: users.length - NAMES_MAX }));
  const names = new Intl.ListFormat(language).format(named);
  return (
    <button
      type="button"
      className="reaction"
      aria-pressed={own}
      title={names}
      disabled={!may.react}
      onClick={() => react(sessionId, messageId, emoji, !own).catch(tellTrouble)}
    >
      <span className="reaction-emoji">{emoji}</span>
      {users.length}
      <span className="unseen">{t("reaction.label", { names })}</span>
    </button>
  );
}
