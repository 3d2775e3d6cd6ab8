/**
 * Words out of a catalogue: `{{holes}}` filled with values, a plural chosen by `count`. A library for this would be a
 * tenth of what a first visit loads.
 */

/** Words by key; of a plural, by key and form (`key_one`, `key_other`). */
export type Catalogue = Record<string, string>;

const rules = new Map<string, Intl.PluralRules>();

function formOf(count: number, language: string): string {
  const rule = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, rule);
  return rule.select(count);
}

/** What a catalogue says for a key; the key itself where it says nothing. */
export function wordsOf(
  catalogue: Catalogue,
  language: string,
  key: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const { count } = values;
  const plural =
    typeof count === "number"
      ? (catalogue[`${key}_${formOf(count, language)}`] ?? catalogue[`${key}_other`])
      : undefined;
  // What fills a hole is not looked at again: a name with braces stays a name.
  return (plural ?? catalogue[key] ?? key).replace(/\{\{(\w+)\}\}/g, (hole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : hole,
  );
}
