/** Who is in the session: at most five faces and a number, named for those who don't see them. Opens the panel. */
import type { Participant, Presence } from "@madang/protocol";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { request } from "../shell/bus.js";
import { usePanel } from "../shell/panel.js";
import { Face } from "../ui/Face.js";
import { Icon } from "../ui/Icon.js";
import { PHONE, useMedia } from "../ui/useMedia.js";
import { peopleOf } from "./faces.js";

/** Faces shown; the rest is a number. */
const FACES_MAX = 5;
/** Names said and shown on hover; beyond, a number. */
const NAMES_MAX = 12;

interface PeopleProps {
  participants: readonly Participant[];
  presence: ReadonlyMap<string, Presence>;
}

export function People({ participants, presence }: PeopleProps) {
  const t = useWords();
  const language = useLanguage();
  const { me } = useHere();
  const { open } = usePanel();
  // There it leads to another room.
  const phone = useMedia(PHONE);
  const people = peopleOf(participants, presence, me?.userId);
  if (people.length === 0) return null;
  const named = people.map(({ participant, standing }) => {
    const name =
      participant.user_id === me?.userId
        ? t("people.you", { name: participant.display_name })
        : participant.display_name;
    return standing === "here" ? name : t(`people.named.${standing}`, { name });
  });
  const rest = named.length - NAMES_MAX;
  const said = rest > 0 ? [...named.slice(0, NAMES_MAX), t("people.more", { count: rest })] : named;
  const names = new Intl.ListFormat(language).format(said);
  return (
    <button
      type="button"
      className={people.length > 1 ? "people people-many" : "people"}
      aria-expanded={phone ? undefined : open}
      title={said.join("\n")}
      onClick={() => request("people", undefined)}
    >
      <span className="unseen">{t("people.label", { count: people.length, names })}</span>
      {people.slice(0, FACES_MAX).map(({ participant, standing, presence: now }) => (
        <Face
          key={participant.user_id}
          name={participant.display_name}
          color={participant.color}
          away={standing !== "here"}
          typing={now?.typing === true && participant.user_id !== me?.userId}
        />
      ))}
      {people.length > FACES_MAX && (
        <span className="face face-rest" aria-hidden="true">
          +{people.length - FACES_MAX}
        </span>
      )}
      <span className="people-count" aria-hidden="true">
        <Icon name="people" />
        {people.length}
      </span>
    </button>
  );
}
