/** Light or dark, and the language; the language goes with one's account too. */
import type { Account } from "../account/types.js";
import { chooseLanguage, LANGUAGES, type Language, useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { chooseTheme, THEMES, useTheme } from "../theme/theme.js";
import { Section } from "./Section.js";

export function Appearance({ account }: { account: Account | null }) {
  const t = useWords();
  const http = useHttp();
  const theme = useTheme();
  const language = useLanguage();
  const speak = (to: Language) => {
    chooseLanguage(to)
      .then(() => (account ? http.updateMe({ language: to }) : undefined))
      .catch(tellTrouble);
  };
  return (
    <Section title={t("settings.theme")}>
      <div className="choices" role="group" aria-label={t("settings.theme")}>
        {THEMES.map((each) => (
          <button key={each} type="button" aria-pressed={each === theme} onClick={() => chooseTheme(each)}>
            {t(`settings.theme.${each}`)}
          </button>
        ))}
      </div>
      <h3>{t("settings.language")}</h3>
      <div className="choices" role="group" aria-label={t("settings.language")}>
        {(Object.keys(LANGUAGES) as Language[]).map((each) => (
          <button
            key={each}
            type="button"
            lang={each}
            aria-pressed={each === language}
            onClick={() => speak(each)}
          >
            {LANGUAGES[each]}
          </button>
        ))}
      </div>
    </Section>
  );
}
