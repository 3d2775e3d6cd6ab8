/** Who is in the session: at most five faces and a number, named for those who don't see them. */
import type { Participant } from "@madang/protocol";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { Icon } from "../ui/Icon.js";
import { colourOf, initialOf } from "./faces.js";

/** Faces shown; the rest is a number. */
const FACES_MAX = 5;

export function People({ participants }: { participants: readonly Participant[] }) {
  const t = useWords();
  const language = useLanguage();
  const { me } = useHere();
  const people = participants.filter((participant) => participant.user_id !== "claude");
  if (people.length === 0) return null;
  const named = people.map((person) =>
    person.user_id === me?.userId ? t("people.you", { name: person.display_name }) : person.display_name,
  );
  const names = new Intl.ListFormat(language).format(named);
  const label = t("people.label", { count: people.length, names });
  return (
    <div
      className={people.length > 1 ? "people people-many" : "people"}
      role="img"
      aria-label={label}
      title={named.join("\n")}
    >
      {people.slice(0, FACES_MAX).map((person) => (
        <Face key={person.user_id} name={person.display_name} color={person.color} />
      ))}
      {people.length > FACES_MAX && <span className="face face-rest">+{people.length - FACES_MAX}</span>}
      <span className="people-count">
        <Icon name="people" />
        {people.length}
      </span>
    </div>
  );
}

export function Face({ name, color }: { name: string; color: string }) {
  return (
    <span className="face" style={{ background: colourOf(color) }} aria-hidden="true">
      {initialOf(name)}
    </span>
  );
}
