/** Links that let people make an account, and nothing else. */
import { useCallback, useState } from "react";
import { fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Secret } from "../ui/Secret.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { State } from "./State.js";

/** People that one such link lets in. */
const USES = 10;

export function SignUpLinks() {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const task = useTask();
  const [code, setCode] = useState<string>();
  const [links, reload] = useLoaded(useCallback(() => admin.invites(), [admin]));
  const make = () => {
    setCode(undefined);
    task.run(
      () => admin.createInvite({ uses: USES }),
      (made) => {
        setCode(made.code);
        reload();
      },
    );
  };
  return (
    <section className="section">
      <h2>{t("users.links")}</h2>
      <div>
        <Button icon="link" disabled={task.busy} onClick={make}>
          {t("users.links.make", { count: USES })}
        </Button>
      </div>
      <TroubleLine trouble={task.trouble} />
      {code && (
        <Secret
          label={t("users.links")}
          note={t("users.links.once")}
          value={`${location.origin}/join#${encodeURIComponent(code)}`}
        />
      )}
      <State loaded={links} onRetry={reload}>
        {(known) => (
          <ul className="lines">
            {known.map((invite) => (
              <li key={invite.invite_id} className="line">
                <span className="line-words">
                  <span>{t("users.links.left", { count: invite.uses_left })}</span>
                  <span className="line-note">
                    {t("invite.until", { until: fullTime(invite.expires_at, language) })}
                  </span>
                </span>
                <Button
                  look="quiet"
                  disabled={task.busy}
                  onClick={() => task.run(() => admin.revokeInvite(invite.invite_id), reload)}
                >
                  {t("invite.revoke")}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </State>
    </section>
  );
}
