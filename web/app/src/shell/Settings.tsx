/** Appearance and language, behind one button. */
import { chooseLanguage, LANGUAGES, type Language, useLanguage, useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { chooseTheme, THEMES, useTheme } from "../theme/theme.js";
import { Icon } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";
import { tellTrouble } from "./notices.js";
import { goTo } from "./route.js";

export function Settings({ onKeys }: { onKeys: () => void }) {
  const t = useWords();
  const { me } = useHere();
  const theme = useTheme();
  const language = useLanguage();
  return (
    <Menu label={t("settings.label")} className="icon-button" face={<Icon name="settings" />} align="start">
      {(close) => (
        <>
          <p className="menu-title">{t("settings.theme")}</p>
          <div className="choices" role="group" aria-label={t("settings.theme")}>
            {THEMES.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={each === theme}
                onClick={() => chooseTheme(each)}
              >
                {t(`settings.theme.${each}`)}
              </button>
            ))}
          </div>
          <p className="menu-title">{t("settings.language")}</p>
          <div className="choices" role="group" aria-label={t("settings.language")}>
            {Object.entries(LANGUAGES).map(([each, name]) => (
              <button
                key={each}
                type="button"
                lang={each}
                aria-pressed={each === language}
                onClick={() => chooseLanguage(each as Language).catch(tellTrouble)}
              >
                {name}
              </button>
            ))}
          </div>
          <hr className="menu-line" />
          <button
            type="button"
            className="menu-item"
            onClick={() => {
              close();
              goTo({ sessionId: undefined, page: "settings" });
            }}
          >
            <Icon name="settings" />
            {t("settings.all")}
          </button>
          {me?.admin && (
            <button
              type="button"
              className="menu-item"
              onClick={() => {
                close();
                goTo({ sessionId: undefined, page: "admin" });
              }}
            >
              <Icon name="shield" />
              {t("admin.title")}
            </button>
          )}
          <button
            type="button"
            className="menu-item"
            onClick={() => {
              close();
              onKeys();
            }}
          >
            <Icon name="command" />
            {t("settings.keys")}
          </button>
        </>
      )}
    </Menu>
  );
}
