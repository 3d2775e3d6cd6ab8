/** What the palette can do besides going somewhere. */
import { chooseLanguage, LANGUAGES, type Language, useLanguage, useWords } from "../i18n/index.js";
import { chooseTheme, THEMES, useTheme } from "../theme/theme.js";
import type { IconName } from "../ui/Icon.js";
import { tellTrouble } from "./notices.js";
import { goTo } from "./route.js";

interface PaletteAction {
  id: string;
  icon: IconName;
  words: string;
  run: () => void;
}

export function usePaletteActions(onKeys: () => void): PaletteAction[] {
  const t = useWords();
  const theme = useTheme();
  const language = useLanguage();
  const themes = THEMES.filter((each) => each !== theme).map(
    (each): PaletteAction => ({
      id: `theme-${each}`,
      icon: "settings",
      words: `${t("settings.theme")}: ${t(`settings.theme.${each}`)}`,
      run: () => chooseTheme(each),
    }),
  );
  const languages = (Object.keys(LANGUAGES) as Language[])
    .filter((each) => each !== language)
    .map(
      (each): PaletteAction => ({
        id: `language-${each}`,
        icon: "settings",
        words: `${t("settings.language")}: ${LANGUAGES[each]}`,
        run: () => void chooseLanguage(each).catch(tellTrouble),
      }),
    );
  return [
    { id: "new", icon: "plus", words: t("rail.new"), run: () => goTo({ sessionId: undefined }) },
    ...themes,
    ...languages,
    { id: "keys", icon: "command", words: t("settings.keys"), run: onKeys },
  ];
}
