/**
 * Every word of the app, in Korean and English. Catalogues are flat JSON files with the same keys
 * (test/i18n.test.ts); only the one in use is loaded, and what is said on pages that few open comes with those.
 */
import { useMemo, useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";
import type english from "./en.json";
import type moreEnglish from "./more.en.json";
import { type Catalogue, wordsOf } from "./words.js";

export const LANGUAGES = { en: "English", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

type Whole = keyof typeof english | keyof typeof moreEnglish;
/** A key of the catalogues; of a plural, its stem. */
export type Key = Whole extends infer K
  ? K extends `${infer Stem}_one` | `${infer Stem}_other`
    ? Stem
    : K
  : never;
export type Values = Record<string, string | number>;
export type Translate = (key: Key, values?: Values) => string;

const KEY = "madang.language";

type Catalogues = Record<Language, () => Promise<{ default: Catalogue }>>;

const FIRST: Catalogues = {
  en: () => import("./en.json"),
  ko: () => import("./ko.json"),
};
const MORE: Catalogues = {
  en: () => import("./more.en.json"),
  ko: () => import("./more.ko.json"),
};
/** Whether a page was opened that says more. */
let saysMore = false;

export function preferredLanguage(kept: string | undefined, browser: string): Language {
  const wanted = kept ?? browser;
  return wanted.toLowerCase().startsWith("ko") ? "ko" : "en";
}

/** What is loaded, by language; the two halves of a catalogue lie in one. */
const known: Record<Language, Catalogue> = { en: {}, ko: {} };
const loaded = new Set<string>();
let current: Language = "en";
const listeners = new Set<() => void>();

async function add(catalogues: Catalogues, language: Language, name: string): Promise<void> {
  if (loaded.has(name + language)) return;
  const catalogue = await catalogues[language]();
  Object.assign(known[language], catalogue.default);
  loaded.add(name + language);
}

async function load(language: Language): Promise<void> {
  const more = saysMore ? add(MORE, language, "more") : undefined;
  await Promise.all([add(FIRST, language, "first"), more]);
}

/** For `lazy`: a part of the app together with the words that only such parts say. */
export function withWords<T>(part: () => Promise<T>): () => Promise<T> {
  return async () => {
    saysMore = true;
    const [got] = await Promise.all([part(), load(currentLanguage())]);
    return got;
  };
}

/** Loads the catalogue in use; the app is drawn after this. */
export async function startLanguage(chosen?: Language): Promise<void> {
  await chooseLanguage(chosen ?? preferredLanguage(read(KEY), navigator.language), false);
}

/** The language wished for last: catalogues may come in another order than they were asked for. */
let wished: Language = current;

export async function chooseLanguage(language: Language, keep = true): Promise<void> {
  wished = language;
  await load(language);
  if (wished !== language) return;
  if (keep) write(KEY, language);
  current = language;
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

/** Takes over the language of an account, where none was chosen in this browser. */
export function adoptLanguage(language: string | undefined): void {
  if (read(KEY) !== undefined || !language || !(language in LANGUAGES)) return;
  if (language !== currentLanguage()) void chooseLanguage(language as Language, false).catch(() => undefined);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const currentLanguage = (): Language => current;

export const translate: Translate = (key, values) => wordsOf(known[current], current, key, values);

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage);
}

/** The words in the language of now; a new function when it changes, so memoised parts follow. */
export function useWords(): Translate {
  const language = useLanguage();
  return useMemo(() => (key, values) => wordsOf(known[language], language, key, values), [language]);
}
