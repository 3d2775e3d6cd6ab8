/**
 * Every word of the app, in Korean and English. Catalogues are flat JSON files with the same keys
 * (test/i18n.test.ts); only the one in use is loaded.
 */
import i18next from "i18next";
import { useMemo, useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";
import type english from "./en.json";

export const LANGUAGES = { en: "English", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

type Whole = keyof typeof english;
/** A key of the catalogues; of a plural, its stem. */
export type Key = Whole extends infer K
  ? K extends `${infer Stem}_one` | `${infer Stem}_other`
    ? Stem
    : K
  : never;
export type Values = Record<string, string | number>;
export type Translate = (key: Key, values?: Values) => string;

const KEY = "madang.language";

const CATALOGUES: Record<Language, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import("./en.json"),
  ko: () => import("./ko.json"),
};

export function preferredLanguage(kept: string | undefined, browser: string): Language {
  const wanted = kept ?? browser;
  return wanted.toLowerCase().startsWith("ko") ? "ko" : "en";
}

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, "translation")) return;
  const catalogue = await CATALOGUES[language]();
  i18next.addResourceBundle(language, "translation", catalogue.default);
}

/** Loads the catalogue in use; the app is drawn after this. */
export async function startLanguage(chosen?: Language): Promise<void> {
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
