/** Names that a text calls people by: where they stand in it. */
import { createContext } from "react";

export interface Named {
  name: string;
  /** The class of the person's colour. */
  tone: string;
  /** Whether it is the reader. */
  own: boolean;
}

export interface Names {
  pattern: RegExp;
  byName: ReadonlyMap<string, Named>;
}

export const NamesContext = createContext<Names | undefined>(undefined);

/** What begins a mention: nothing before it that could be the name of a mailbox. */
const BEFORE = String.raw`(?<![\p{L}\p{N}._%+-])@`;
/** Korean goes on without a space ("@민지님"); a Latin letter or a digit would make it another name. */
const AFTER = String.raw`(?![\p{Script=Latin}\p{N}_])`;

export function namesFrom(people: readonly Named[]): Names | undefined {
  const known = people.filter(({ name }) => name !== "");
  if (known.length === 0) return undefined;
  // Of "Jun" and "Jun Park" the longer one is meant.
  const sorted = [...known].sort((one, other) => other.name.length - one.name.length);
  const words = sorted.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return {
    pattern: new RegExp(`${BEFORE}(?:${words.join("|")})${AFTER}`, "giu"),
    byName: new Map(known.map((each) => [each.name.toLowerCase(), each])),
  };
}

export type NamePiece = string | { text: string; named: Named };

export function splitByNames(text: string, names: Names): NamePiece[] {
  const pieces: NamePiece[] = [];
  let from = 0;
  for (const match of text.matchAll(names.pattern)) {
    const named = names.byName.get(match[0].slice(1).toLowerCase());
    if (!named) continue;
    if (match.index > from) pieces.push(text.slice(from, match.index));
    pieces.push({ text: match[0], named });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}
