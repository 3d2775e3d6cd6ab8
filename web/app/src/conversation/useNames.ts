/** The people that a message names, for marking them in its text. */
import { useMemo } from "react";
import { type Names, namesFrom } from "../markdown/names.js";
import { toneOf } from "../ui/tone.js";
import { useTalk } from "./talk.js";

const CLAUDE = "claude";

export function useNames(text: string, mentions: readonly string[] | undefined): Names | undefined {
  const { people, me } = useTalk();
  return useMemo(() => {
    if (!text.includes("@")) return undefined;
    const named = [CLAUDE, ...(mentions ?? [])].flatMap((id) => {
      const person = people.get(id);
      const name = person?.display_name ?? (id === CLAUDE ? "Claude" : undefined);
      if (name === undefined) return [];
      const tone = id === CLAUDE ? "tone tone-claude" : toneOf(person?.color);
      return [{ name, tone, own: id === me }];
    });
    return namesFrom(named);
  }, [text, mentions, people, me]);
}
