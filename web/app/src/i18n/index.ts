/**
 * Every word of the app, in Korean and English. Catalogues are flat JSON files with the same keys
 * (test/i18n.test.ts); only the one in use is loaded, and what is said on pages that few open comes with those.
 */
import i18next from "i18next";
import { useMemo, useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";
import type english from "./en.json";
import type moreEnglish from "./more.en.json";

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

type Catalogues = Record<Language, () => Promise<{ default: Record<string, string> }>>;

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

const loaded = new Set<string>();

async function add(catalogues: Catalogues, language: Language, name: string): Promise<void> {
  if (loaded.has(name + language)) return;
  const catalogue = await catalogues[language]();
  i18next.addResourceBundle(language, "translation", catalogue.default);
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
  loaded.clear();
  const language = chosen ?? preferredLanguage(read(KEY), navigator.language);
  await i18next.init({
    lng: language,
    resources: {},
    fallbackLng: false,
    keySeparator: false,
    nsSeparator: false,
    // React escapes what it shows.
    interpolation: { escapeValue: false },
  });
  await chooseLanguage(language, false);
}

export async function chooseLanguage(language: Language, keep = true): Promise<void> {
  await load(language);
  if (keep) write(KEY, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

/** Takes over the language of an account, where none was chosen in this browser. */
export function adoptLanguage(language: string | undefined): void {
  if (read(KEY) !== undefined || !language || !(language in LANGUAGES)) return;
  if (language !== currentLanguage()) void chooseLanguage(language as Language, false).catch(() => undefined);
}

function subscribe(listener: () => void): () => void {
  i18next.on("languageChanged", listener);
  return () => i18next.off("languageChanged", listener);
}

export function currentLanguage(): Language {
  return i18next.language === "ko" ? "ko" : "en";
}

export const translate: Translate = (key, values) => i18next.t(key, { ...values });

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage);
}

/** The words in the language of now; a new function when it changes, so memoised parts follow. */
export function useWords(): Translate {
  const language = useLanguage();
  return useMemo(() => {
    const fixed = i18next.getFixedT(language);
    return (key, values) => fixed(key, { ...values });
  }, [language]);
}
