/** Where a link leads: which session it is, who asks one in, and as whom one enters. */
import { useCallback, useEffect, useState } from "react";
import { fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useActions, useHttp } from "../session/backend.js";
import { goTo } from "../shell/route.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { codeIn, joinCodeKept } from "./code.js";
import { DoorLink } from "./DoorLink.js";
import type { DoorProps } from "./DoorPage.js";
import type { InviteLook } from "./types.js";
import { forgetWay, rememberCode, rememberWay } from "./way.js";

export function JoinForm({ site, me }: DoorProps) {
  const t = useWords();
  const http = useHttp();
  const [code] = useState(() => {
    // Back from an identity provider the part after the # is gone; it was kept in this tab.
    return location.hash ? codeIn(location.hash) : joinCodeKept();
  });
  const [look, reload] = useLoaded(
    useCallback(() => (code === "" ? Promise.resolve(null) : http.lookInvite(code)), [http, code]),
  );

  if (look.state === "loading") {
    return (
      <div className="form" role="status" aria-label={t("door.loading")}>
        <div className="skeleton door-skeleton" />
      </div>
    );
  }
  if (look.state === "failed") return <TroubleLine trouble={look.trouble} onRetry={reload} />;
  if (look.value === null) return <Gone signedIn={me !== null} />;
  return <Invitation site={site} me={me} look={look.value} code={code} onGone={reload} />;
}

/** Expired, used up and revoked look the same. */
function Gone({ signedIn }: { signedIn: boolean }) {
  const t = useWords();
  useEffect(forgetWay, []);
  return (
    <>
      <h1>{t("join.gone")}</h1>
      <p className="note" role="alert">
        {t("join.gone.next")}
      </p>
      <p className="door-links">
        {signedIn ? (
          <button type="button" onClick={() => goTo({ sessionId: undefined })}>
            {t("door.go_on")}
          </button>
        ) : (
          <DoorLink page="login">{t("login.title")}</DoorLink>
        )}
      </p>
    </>
  );
}

interface InvitationProps extends DoorProps {
  look: InviteLook;
  code: string;
  onGone: () => void;
}

function Invitation({ site, me, look, code, onGone }: InvitationProps) {
  const t = useWords();
  const language = useLanguage();
  const { joinSession } = useActions();
  const task = useTask();
  const lost = task.trouble?.code === "NOT_FOUND";
  useEffect(() => {
    if (lost) onGone();
  }, [lost, onGone]);
  const account = me !== null && !me.guest;
  const signable = !account && (look.sign_up || site.sign_up === "open");
  const stuck = me === null && !signable && !site.guests;
  const enter = () =>
    task.run(
      () => joinSession(code),
      (sessionId) => {
        forgetWay();
        goTo({ sessionId }, "replace");
      },
    );
  const title = look.title || t("session.untitled");
  const room = look.session_id !== null;
  useEffect(() => {
    if (room) rememberWay(`/join#${code}`);
    if (look.sign_up) rememberCode(code);
  }, [room, look.sign_up, code]);

  return (
    <>
      <h1>{room ? t("join.title", { title }) : t("join.server")}</h1>
      <p>
        {t(room ? "join.by" : "join.server.by", { name: look.by.display_name })}
        {room && ` ${t(`join.role.${look.role}`)}`}
      </p>
      <p className="note">{t("invite.until", { until: fullTime(look.expires_at, language) })}</p>
      {me && <p className="note">{t(me.guest ? "join.as.guest" : "join.as", { name: me.display_name })}</p>}
      {stuck && <p className="note">{t("join.account")}</p>}
      <TroubleLine trouble={task.trouble} />
      <div className="door-ways">
        {room && (account || (me?.guest && site.guests)) && (
          <Button look="main" disabled={task.busy} onClick={enter}>
            {t(look.member ? "join.open" : "join.enter")}
          </Button>
        )}
        {signable && (
          <Button
            look={me?.guest ? "plain" : "main"}
            onClick={() => goTo({ sessionId: undefined, page: "sign-up" })}
          >
            {t("signup.title")}
          </Button>
        )}
        {!account && (
          <Button onClick={() => goTo({ sessionId: undefined, page: "login" })}>{t("login.title")}</Button>
        )}
        {room && me === null && site.guests && (
          <Button disabled={task.busy} onClick={enter}>
            {t("login.guest")}
          </Button>
        )}
        {!room && account && (
          <Button look="main" onClick={() => goTo({ sessionId: undefined })}>
            {t("door.go_on")}
          </Button>
        )}
      </div>
    </>
  );
}
