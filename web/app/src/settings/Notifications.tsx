/** Whether the system may tell of mentions and of Claude's answers while nobody looks. */
import { useWords } from "../i18n/index.js";
import { tellTrouble } from "../shell/notices.js";
import { showContent, switchNotifications, useNotifyState, useShowsContent } from "../shell/notifications.js";
import { Button } from "../ui/Button.js";
import { Section } from "./Section.js";

export function Notifications() {
  const t = useWords();
  const state = useNotifyState();
  const shows = useShowsContent();
  const on = state === "on";
  return (
    <Section title={t("notify.title")} note={t(`notify.${state}`)}>
      {(on || state === "off") && (
        <div>
          <Button aria-pressed={on} onClick={() => switchNotifications(!on).catch(tellTrouble)}>
            {t(on ? "notify.switch_off" : "notify.switch_on")}
          </Button>
        </div>
      )}
      {on && (
        <>
          <h3 id="notify-shows">{t("notify.shows")}</h3>
          <div className="choices" role="group" aria-labelledby="notify-shows">
            {([true, false] as const).map((each) => (
              <button
                key={String(each)}
                type="button"
                aria-pressed={each === shows}
                onClick={() => showContent(each)}
              >
                {t(each ? "notify.shows.content" : "notify.shows.nothing")}
              </button>
            ))}
          </div>
        </>
      )}
    </Section>
  );
}
