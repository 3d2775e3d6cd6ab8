/** One line of the list: its title, whether Claude writes there, and what can be done with it. */
import type { SessionSummary } from "@madang/protocol";
import { type MouseEvent, memo, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { goTo, pathOf } from "../shell/route.js";
import { Icon } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";
import { useVisible } from "../ui/useVisible.js";
import { TitleInput } from "./TitleInput.js";
import { useDelete } from "./useDeleting.js";

/** Beyond, the number says no more than that there is much. */
const UNREAD_MAX = 99;

const upTo = (count: number) => (count > UNREAD_MAX ? `${UNREAD_MAX}+` : count);

interface SessionRowProps {
  session: SessionSummary;
  open: boolean;
}

export const SessionRow = memo(function SessionRow({ session, open }: SessionRowProps) {
  const t = useWords();
  const { renameSession } = useActions();
  const remove = useDelete();
  const [renaming, setRenaming] = useState(false);
  const visible = useVisible();
  // What is open in front of someone is being read.
  const unread = session.unread > 0 && !(open && visible);
  const mine = session.unread_mentions ?? 0;
  const title = session.title || t("session.untitled");

  const follow = (event: MouseEvent) => {
    // With a key held it is the browser's: a new tab, a new window.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    goTo({ sessionId: session.session_id });
  };
  const rename = (to: string) => {
    setRenaming(false);
    if (to !== session.title) renameSession(session.session_id, to).catch(tellTrouble);
  };

  if (renaming) {
    return (
      <li className="row row-renaming">
        <TitleInput title={session.title} onDone={rename} onCancel={() => setRenaming(false)} />
      </li>
    );
  }
  return (
    <li className={`row${open ? " row-open" : ""}${unread ? " row-fresh" : ""}`}>
      <a
        className="row-link"
        href={pathOf({ sessionId: session.session_id })}
        aria-current={open ? "page" : undefined}
        onClick={follow}
        title={title}
      >
        <span className="row-title">{title}</span>
        {unread && (
          <span className={mine > 0 ? "badge badge-mine" : "badge"}>
            <span aria-hidden="true">{mine > 0 ? `@${upTo(mine)}` : upTo(session.unread)}</span>
            <span className="unseen">
              {mine > 0 && `${t("rail.mine", { count: mine })} `}
              {t("rail.unread", { count: session.unread })}
            </span>
          </span>
        )}
        {session.running && <span className="row-running" role="img" aria-label={t("rail.running")} />}
      </a>
      {session.role !== "viewer" && (
        <Menu label={t("session.menu", { title })} face={<Icon name="more" />}>
          {(close) => (
            <>
              <button
                type="button"
                className="menu-item"
                onClick={() => {
                  close();
                  setRenaming(true);
                }}
              >
                <Icon name="edit" />
                {t("session.rename")}
              </button>
              {session.role === "owner" && (
                <button
                  type="button"
                  className="menu-item menu-item-danger"
                  onClick={() => {
                    close();
                    remove(session.session_id, title, open);
                  }}
                >
                  <Icon name="trash" />
                  {t("session.delete")}
                </button>
              )}
            </>
          )}
        </Menu>
      )}
    </li>
  );
});
