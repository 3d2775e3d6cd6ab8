/** Who is typing, and who just came or went: one quiet line above the composer, always of the same height. */
import type { Participant, Presence } from "@madang/protocol";
import { useEffect, useRef, useState } from "react";
import { type Translate, useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import type { SessionView } from "../session/types.js";

/** Milliseconds without a change before it is said who came and went: who comes back at once was never gone. */
const SETTLED_MS = 1_000;
/** Milliseconds that a coming or going is said. */
const SAID_MS = 5_000;

export function ActivityLine({ session }: { session: SessionView }) {
  const t = useWords();
  const { me } = useHere();
  const { participants, presence } = session;
  const coming = useComings(participants, presence, me?.userId, t);
  if (participants.filter((each) => each.user_id !== "claude").length < 2) return null;
  const names = typingNames(participants, presence, me?.userId);
  const typing = typingWords(names, t);
  return (
    <>
      <p className="activity" aria-hidden="true">
        {typing ? (
          <>
            <span className="activity-dots">
              <i />
              <i />
              <i />
            </span>
            <span className="activity-words">{typing}</span>
          </>
        ) : (
          <span className="activity-words">{coming}</span>
        )}
      </p>
      {/* For ears: who comes and goes; typing would interrupt all the time. */}
      <p className="unseen" role="status">
        {coming}
      </p>
    </>
  );
}

export function typingNames(
  participants: readonly Participant[],
  presence: ReadonlyMap<string, Presence>,
  me: string | undefined,
): string[] {
  return participants
    .filter(({ user_id: id }) => id !== me && presence.get(id)?.typing === true)
    .map((each) => each.display_name);
}

export function typingWords(names: readonly string[], t: Translate): string {
  const [one = "", two = ""] = names;
  if (names.length === 0) return "";
  if (names.length === 1) return t("typing.one", { name: one });
  if (names.length === 2) return t("typing.two", { one, two });
  return t("typing.several", { count: names.length });
}

/** "Minji joined.", for some seconds after it happened. */
function useComings(
  participants: readonly Participant[],
  presence: ReadonlyMap<string, Presence>,
  me: string | undefined,
  t: Translate,
): string {
  const before = useRef<ReadonlyMap<string, Presence>>(undefined);
  const [words, setWords] = useState("");

  useEffect(() => {
    const settled = setTimeout(() => {
      const old = before.current;
      before.current = presence;
      // The first that is known is how it was, not something that happened.
      if (!old || old.size === 0 || presence.size === 0) return;
      const name = (id: string) => participants.find((each) => each.user_id === id)?.display_name;
      const came = [...presence.keys()].find((id) => id !== me && !old.has(id));
      const went = [...old.keys()].find((id) => id !== me && !presence.has(id));
      const who = name(came ?? went ?? "");
      if (who) setWords(t(came ? "people.joined" : "people.left", { name: who }));
    }, SETTLED_MS);
    return () => clearTimeout(settled);
  }, [presence, participants, me, t]);

  useEffect(() => {
    if (!words) return;
    const timer = setTimeout(() => setWords(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [words]);

  return words;
}
