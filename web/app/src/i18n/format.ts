/** Times, places, sums and sizes as people say them in the language of now. */
import type { Language, Translate } from "./index.js";

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  const kept = formats.get(key);
  if (kept) return kept;
  const made = new Intl.DateTimeFormat(language, options);
  formats.set(key, made);
  return made;
}

/** Midnight, local time, of the day that holds `at`. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Whole days from `at` to `now` by the calendar, not by 24 hours (a day may have 23 or 25). */
export function daysAgo(at: number, now: number): number {
  return Math.round((dayOf(now) - dayOf(at)) / DAY_MS);
}

export function clock(at: number, language: Language): string {
  return dateFormat(language, { hour: "numeric", minute: "2-digit" }).format(at);
}

export function fullTime(at: number, language: Language): string {
  return dateFormat(language, { dateStyle: "long", timeStyle: "short" }).format(at);
}

/** As short as it stays whole, for tables. */
export function shortTime(at: number, language: Language): string {
  return dateFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

export function dayName(at: number, now: number, language: Language, t: Translate): string {
  const ago = daysAgo(at, now);
  if (ago === 0) return t("conversation.today");
  if (ago === 1) return t("conversation.yesterday");
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return dateFormat(language, {
    weekday: "long",
    month: "long",
    day: "numeric",
    ...(sameYear ? {} : { year: "numeric" as const }),
  }).format(at);
}

export type Age = "today" | "yesterday" | "week" | "older";

export function ageOf(at: number, now: number): Age {
  const ago = daysAgo(at, now);
  if (ago <= 0) return "today";
  if (ago === 1) return "yesterday";
  return ago < 7 ? "week" : "older";
}

export function duration(ms: number, t: Translate): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return t("duration.seconds", { n: seconds });
  return t("duration.minutes", { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

/** 2 is "2nd", "두 번째". */
export function place(n: number, language: Language, t: Translate): string {
  if (n >= 1 && n <= 9) return t(`place.${n as 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`);
  if (language === "ko") return t("place.n", { n });
  const category = new Intl.PluralRules("en", { type: "ordinal" }).select(n);
  const ending = { one: "st", two: "nd", few: "rd", other: "th", zero: "th", many: "th" }[category];
  return `${n}${ending}`;
}

export function count(n: number, language: Language): string {
  return new Intl.NumberFormat(language).format(n);
}

/** Millionths of a US dollar as a sum; small ones keep two digits that mean something. */
export function money(microUsd: number, language: Language): string {
  const dollars = microUsd / 1_000_000;
  const small = dollars > 0 && dollars < 0.01;
  return new Intl.NumberFormat(language, {
    style: "currency",
    currency: "USD",
    ...(small ? { minimumSignificantDigits: 1, maximumSignificantDigits: 2 } : {}),
  }).format(dollars);
}

export function bytes(n: number, language: Language): string {
  const unit = n >= 1_048_576 ? "megabyte" : "kilobyte";
  const value = n / (unit === "megabyte" ? 1_048_576 : 1024);
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}
