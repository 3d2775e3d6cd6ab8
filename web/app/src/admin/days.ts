/** The days of a period, each with its sums, also those on which nothing was used. */
import type { UsageRow } from "../account/types.js";

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** The first moment of the day so many days ago, UTC as the server counts. */
export function startOf(now: number, days: number): number {
  return Math.floor(now / DAY_MS) * DAY_MS - (days - 1) * DAY_MS;
}

export function everyDay(rows: readonly UsageRow[], from: number, days: number): readonly UsageRow[] {
  // Whatever else the server calls a day is shown as it comes.
  if (rows.some((row) => !DATE.test(row.key))) return rows;
  const known = new Map(rows.map((row) => [row.key, row]));
  return Array.from({ length: days }, (_, at) => {
    const key = dateOf(from + at * DAY_MS);
    return (
      known.get(key) ?? {
        key,
        label: key,
        requests: 0,
        input_tokens: 0,
        output_tokens: 0,
        tokens: 0,
        micro_usd: 0,
      }
    );
  });
}

/** A round number not below `most`, for the top of an axis: 1, 2, 2.5 or 5 times a power of ten. */
export function ceilingOf(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= most) ?? 10);
}
