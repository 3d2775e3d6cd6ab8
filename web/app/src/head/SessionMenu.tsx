/** What else can be done with the open session. */
import { exportAddress } from "../account/later-http.js";
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import type { May } from "../session/may.js";
import type { SessionView } from "../session/types.js";
import { request } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { Icon, type IconName } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";

interface SessionMenuProps {
  sessionId: string;
  session: SessionView;
  may: May;
}

export function SessionMenu({ sessionId, session, may }: SessionMenuProps) {
  const t = useWords();
  const { closeSession, reopenSession } = useActions();
  const closed = session.summary?.status === "closed";
  const item = (icon: IconName, words: string, close: () => void, run: () => void) => (
    <button
      type="button"
      className="menu-item"
      onClick={() => {
        close();
        run();
      }}
    >
      <Icon name={icon} />
      {words}
    </button>
  );
  const file = (format: "markdown" | "json", close: () => void) => (
    <a className="menu-item" href={exportAddress(sessionId, format)} download onClick={close}>
      <Icon name="download" />
      {t(`export.${format}`)}
    </a>
  );
  return (
    <Menu label={t("head.more")} face={<Icon name="more" />}>
      {(close) => (
        <>
          {may.prompt &&
            session.messages.length > 0 &&
            item("recap", t("catchup.ask"), close, () => request("catchUp", undefined))}
          {may.invite && item("plus", t("people.invite"), close, () => request("invite", undefined))}
          {item("people", t("head.people"), close, () => request("people", undefined))}
          <hr className="menu-line" />
          {file("markdown", close)}
          {file("json", close)}
          {may.govern && (
            <>
              <hr className="menu-line" />
              {closed
                ? item("key", t("session.reopen"), close, () => reopenSession(sessionId).catch(tellTrouble))
                : item("close", t("session.close"), close, () => closeSession(sessionId).catch(tellTrouble))}
            </>
          )}
        </>
      )}
    </Menu>
  );
}
