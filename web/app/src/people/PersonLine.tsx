/** One person: face, name, what they may do, and on how many devices they are here. */
import type { Participant } from "@madang/protocol";
import type { Person } from "../head/faces.js";
import { type Translate, useLanguage, useWords } from "../i18n/index.js";
import { Face } from "../ui/Face.js";
import { Icon } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";
import { PersonMenu } from "./PersonMenu.js";

interface PersonLineProps {
  sessionId: string;
  person: Person;
  mine: boolean;
  govern: boolean;
}

export function PersonLine({ sessionId, person, mine, govern }: PersonLineProps) {
  const t = useWords();
  const language = useLanguage();
  const { participant, presence, standing } = person;
  const name = participant.display_name;
  const devices = presence?.devices ?? 0;
  return (
    <li className="person-line">
      <Face
        name={name}
        color={participant.color}
        away={standing !== "here"}
        typing={presence?.typing === true && !mine}
      />
      <span className="person-words">
        <span className="person-line-name" title={name}>
          {mine ? t("people.you", { name }) : name}
        </span>
        <span className="person-line-note">
          {roleWords(participant, language, t)}
          {presence?.typing && !mine && ` · ${t("people.typing")}`}
          {devices > 1 && ` · ${t("people.devices", { count: devices })}`}
        </span>
      </span>
      {govern && !mine && (
        <Menu label={t("people.menu", { name })} face={<Icon name="more" />}>
          {(close) => <PersonMenu sessionId={sessionId} participant={participant} onClose={close} />}
        </Menu>
      )}
    </li>
  );
}

/** "Viewer, may also ask Claude". */
export function roleWords(
  { role, rights = [] }: Pick<Participant, "role" | "rights">,
  language: string,
  t: Translate,
): string {
  const base = t(`role.${role}`);
  if (rights.length === 0) return base;
  const also = new Intl.ListFormat(language).format(rights.map((right) => t(`right.${right}`)));
  return t("role.also", { role: base, rights: also });
}
