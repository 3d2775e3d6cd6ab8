/** The colour of a person: one of the app's own, by its number; nothing that the wire says reaches a style. */

/** As the protocol's palette has them (crates/madang-protocol/src/palette.rs). */
export const PALETTE = [
  "oklch(62% 0.13 20)",
  "oklch(62% 0.13 95)",
  "oklch(62% 0.13 140)",
  "oklch(62% 0.13 180)",
  "oklch(62% 0.13 225)",
  "oklch(62% 0.13 265)",
  "oklch(62% 0.13 305)",
  "oklch(62% 0.13 345)",
] as const;
const CLAUDE = "oklch(62% 0.13 45)";

/** The class that sets `--tone`; grey for a colour that nobody gives. */
export function toneOf(color: string | undefined): string {
  if (color === CLAUDE) return "tone tone-claude";
  const at = (PALETTE as readonly (string | undefined)[]).indexOf(color);
  return at < 0 ? "tone" : `tone tone-${at + 1}`;
}
