/** What the palette can do besides going somewhere. */
import { chooseLanguage, LANGUAGES, type Language, useLanguage, useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { chooseTheme, THEMES, useTheme } from "../theme/theme.js";
import type { IconName } from "../ui/Icon.js";
import { request } from "./bus.js";
import { tellTrouble } from "./notices.js";
import { goTo } from "./route.js";

interface PaletteAction {
  id: string;
  icon: IconName;
  words: string;
  run: () => void;
}

export function usePaletteActions(openId: string | undefined, onKeys: () => void): PaletteAction[] {
  const t = useWords();
  const theme = useTheme();
  const language = useLanguage();
  const { me } = useHere();
  const action = (id: string, icon: IconName, words: string, run: () => void): PaletteAction => ({
    id,
    icon,
    words,
    run,
  });
  const here = openId
    ? [
        action("people", "people", t("head.people"), () => request("people", undefined)),
        action("invite", "plus", t("people.invite"), () => request("invite", undefined)),
        action("catchup", "recap", t("catchup.ask"), () => request("catchUp", undefined)),
      ]
    : [];
  const pages = [
    action("settings", "settings", t("settings.label"), () =>
      goTo({ sessionId: undefined, page: "settings" }),
    ),
    ...(me?.admin
      ? [action("admin", "shield", t("admin.title"), () => goTo({ sessionId: undefined, page: "admin" }))]
      : []),
  ];
  const themes = THEMES.filter((each) => each !== theme).map((each) =>
    action(`theme-${each}`, "settings", `${t("settings.theme")}: ${t(`settings.theme.${each}`)}`, () =>
      chooseTheme(each),
    ),
  );
  const languages = (Object.keys(LANGUAGES) as Language[])
    .filter((each) => each !== language)
    .map((each) =>
      action(
        `language-${each}`,
        "settings",
        `${t("settings.language")}: ${LANGUAGES[each]}`,
        () => void chooseLanguage(each).catch(tellTrouble),
      ),
    );
  return [
    action("new", "plus", t("rail.new"), () => goTo({ sessionId: undefined })),
    ...here,
    ...pages,
    ...themes,
    ...languages,
    action("keys", "command", t("settings.keys"), onKeys),
  ];
}
