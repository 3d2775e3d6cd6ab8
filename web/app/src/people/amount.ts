/** Sums and numbers as people write them into a field. */

const WRITTEN = /^(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/;

/** The number, null for an empty field, and nothing for what is no number from 0 to `max` with so many decimals. */
export function amountOf(text: string, decimals: number, max: number): number | null | undefined {
  const written = text.trim();
  if (written === "") return null;
  const found = WRITTEN.exec(written);
  if (!found || (found[1]?.length ?? 0) > decimals) return undefined;
  const amount = Number(written.replaceAll(",", ""));
  return amount <= max ? amount : undefined;
}
