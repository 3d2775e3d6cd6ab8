/** Where one is logged in, and how to end that. */
import { useCallback } from "react";
import type { Login } from "../account/types.js";
import { fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Sure } from "../ui/Sure.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { browserOf } from "./agent.js";
import { Section } from "./Section.js";

/** Whoever is logged out has nothing left in this page's memory. */
const leave = () => location.assign("/login");

export function Logins() {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [logins, reload] = useLoaded(useCallback(() => http.logins(), [http]));
  return (
    <Section title={t("logins.title")}>
      {logins.state === "failed" && <TroubleLine trouble={logins.trouble} onRetry={reload} />}
      {logins.state === "loading" && <div className="skeleton page-skeleton" />}
      {logins.state === "here" && (
        <ul className="lines">
          {logins.value.map((login) => (
            <LoginLine
              key={login.login_id}
              login={login}
              busy={task.busy}
              onEnd={() =>
                login.current
                  ? task.run(() => http.logout(), leave)
                  : task.run(() => http.endLogin(login.login_id), reload)
              }
            />
          ))}
        </ul>
      )}
      <TroubleLine trouble={task.trouble} />
      <div className="sure-answers">
        <Button disabled={task.busy} onClick={() => task.run(() => http.endLogins("others"), reload)}>
          {t("logins.end_others")}
        </Button>
        <Sure
          label={t("logins.end_all")}
          question={t("logins.end_all.sure")}
          yes={t("logins.end_all")}
          busy={task.busy}
          onYes={() => task.run(() => http.endLogins("all"), leave)}
        />
      </div>
    </Section>
  );
}

function LoginLine({ login, busy, onEnd }: { login: Login; busy: boolean; onEnd: () => void }) {
  const t = useWords();
  const language = useLanguage();
  const known = browserOf(login.agent);
  const agent = known ? t("logins.browser", known) : login.agent || t("logins.unknown");
  return (
    <li className="line">
      <span className="line-words">
        <span className="line-name" title={login.agent}>
          {login.current ? t("logins.here", { agent }) : agent}
        </span>
        <span className="line-note">
          {[login.address, t("logins.seen", { at: fullTime(login.seen_at, language) })]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
      <Button look="quiet" disabled={busy} aria-description={agent} onClick={onEnd}>
        {t(login.current ? "logins.log_out" : "logins.end")}
      </Button>
    </li>
  );
}
