/** Which name one is in the middle of writing, and whose it could be. */
import type { Participant } from "@madang/protocol";

/** People offered at once. */
const OFFERED_MAX = 6;
/** Characters of a name looked at; nobody types more before choosing. */
const NAME_CHARS = 32;

/** The `@` before the caret, when a name can still follow it. */
const BEGUN = new RegExp(`(?:^|[\\s(\\[{"'“‘])@([^@\\n]{0,${NAME_CHARS}})$`);

export interface Begun {
  /** Where the `@` stands. */
  at: number;
  /** What follows it, up to the caret. */
  words: string;
}

export function begunAt(text: string, caret: number): Begun | undefined {
  const found = BEGUN.exec(text.slice(0, caret));
  const words = found?.[1];
  if (words === undefined) return undefined;
  return { at: caret - words.length - 1, words };
}

/** Those whose name, or a word of it, begins so; nobody once the name is written and a space follows. */
export function offersFor(begun: Begun, people: readonly Participant[]): readonly Participant[] {
  const wanted = begun.words.toLocaleLowerCase();
  if (people.some(({ display_name: name }) => wanted.startsWith(`${name.toLocaleLowerCase()} `))) return [];
  const fits = ({ display_name: name }: Participant) => {
    const lower = name.toLocaleLowerCase();
    return lower.startsWith(wanted) || lower.split(/\s+/).some((word) => word.startsWith(wanted));
  };
  return people.filter(fits).slice(0, OFFERED_MAX);
}

/** The text with the name written out, and where the caret stands then. */
export function withName(text: string, begun: Begun, name: string): { text: string; caret: number } {
  const end = begun.at + 1 + begun.words.length;
  const written = `@${name} `;
  const rest = text.slice(end).replace(/^ /, "");
  return { text: text.slice(0, begun.at) + written + rest, caret: begun.at + written.length };
}

/** Of those chosen from the list, the ones whose names still stand in the text. */
export function stillNamed(text: string, chosen: ReadonlyMap<string, string>): string[] {
  return [...chosen].filter(([, name]) => text.includes(`@${name}`)).map(([id]) => id);
}
