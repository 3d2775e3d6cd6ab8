/** What stands for a person where there is room for one letter, and in which order people come. */
import type { Participant, Presence } from "@madang/protocol";

export type Standing = "here" | "away" | "absent";

/** The first letter as a person sees it: a whole syllable, a whole emoji. */
export function initialOf(name: string): string {
  const trimmed = name.trim();
  const [first] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(trimmed);
  return (first?.segment ?? "?").toLocaleUpperCase();
}

export interface Person {
  participant: Participant;
  standing: Standing;
  presence: Presence | undefined;
}

const ORDER: Record<Standing, number> = { here: 0, away: 1, absent: 2 };

/** Everyone but Claude: those who are here first, oneself before others, then by when they joined. */
export function peopleOf(
  participants: readonly Participant[],
  presence: ReadonlyMap<string, Presence>,
  me: string | undefined,
): Person[] {
  return participants
    .filter((participant) => participant.user_id !== "claude")
    .map((participant): Person => {
      const now = presence.get(participant.user_id);
      return { participant, presence: now, standing: now?.state ?? "absent" };
    })
    .sort(
      (one, other) =>
        ORDER[one.standing] - ORDER[other.standing] ||
        Number(other.participant.user_id === me) - Number(one.participant.user_id === me) ||
        one.participant.joined_at - other.participant.joined_at,
    );
}
