/** What stands for a person where there is room for one letter. */

/** A colour that a server names; anything that isn't plainly one is grey. */
const COLOUR =
  /^(?:#[0-9a-f]{3,8}|(?:oklch|oklab|rgb|hsl)a?\([\d\s.,%/-]+(?:deg)?[\d\s.,%/-]*\)|[a-z]{3,20})$/i;

export function colourOf(colour: string): string {
  return COLOUR.test(colour) ? colour : "var(--secondary)";
}

/** The first letter as a person sees it: a whole syllable, a whole emoji. */
export function initialOf(name: string): string {
  const trimmed = name.trim();
  const [first] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(trimmed);
  return (first?.segment ?? "?").toLocaleUpperCase();
}
