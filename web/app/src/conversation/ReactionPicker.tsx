/** A few emoji, and a field for any other: the system's own picker opens in it. */
import { type FormEvent, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { Icon } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";
import { emojiIn, QUICK } from "./emoji.js";
import { useTalk } from "./talk.js";

export function ReactionPicker({ messageId }: { messageId: string }) {
  const t = useWords();
  const { sessionId } = useTalk();
  const { react } = useActions();
  return (
    <Menu label={t("reaction.add")} face={<Icon name="smile" />}>
      {(close) => (
        <Picker
          onPick={(emoji) => {
            close();
            react(sessionId, messageId, emoji, true).catch(tellTrouble);
          }}
        />
      )}
    </Menu>
  );
}

function Picker({ onPick }: { onPick: (emoji: string) => void }) {
  const t = useWords();
  const [typed, setTyped] = useState("");
  const emoji = emojiIn(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (emoji) onPick(emoji);
  };
  return (
    <>
      <div className="emoji-grid">
        {QUICK.map((each) => (
          <button key={each} type="button" onClick={() => onPick(each)}>
            {each}
          </button>
        ))}
      </div>
      <form className="emoji-form" onSubmit={submit}>
        <input
          aria-label={t("reaction.type")}
          placeholder={t("reaction.type")}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" disabled={!emoji} aria-label={t("reaction.add")}>
          {emoji ?? "↵"}
        </button>
      </form>
    </>
  );
}
