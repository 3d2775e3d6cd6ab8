/** Whom one could mean; the field keeps the focus and the keys, as a combobox does. */
import type { Participant } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { Face } from "../ui/Face.js";
import { ClaudeMark } from "../ui/Icon.js";

interface MentionListProps {
  id: string;
  offers: readonly Participant[];
  chosen: number;
  onPick: (person: Participant) => void;
}

export const optionId = (list: string, at: number) => `${list}-${at}`;

export function MentionList({ id, offers, chosen, onPick }: MentionListProps) {
  const t = useWords();
  return (
    <div id={id} className="mentions" role="listbox" aria-label={t("mention.list")}>
      {offers.map((person, at) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
        <div
          key={person.user_id}
          id={optionId(id, at)}
          role="option"
          tabIndex={-1}
          className="menu-item"
          aria-selected={at === chosen}
          // The field keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(person)}
        >
          {person.user_id === "claude" ? (
            <ClaudeMark />
          ) : (
            <Face name={person.display_name} color={person.color} />
          )}
          <span className="palette-words">{person.display_name}</span>
          {person.user_id === "claude" && <span className="mention-note">{t("mention.claude")}</span>}
        </div>
      ))}
    </div>
  );
}
