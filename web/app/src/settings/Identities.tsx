/** Logging in with an identity of another place: links one to this account. */
import { useEffect, useState } from "react";
import { beginLink, type LinkEnd, takeLinkEnd } from "../account/linking.js";
import type { Site } from "../account/types.js";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import type { Trouble } from "../session/types.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { Section } from "./Section.js";

export function Identities({ providers }: { providers: Site["oidc"] }) {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [end, setEnd] = useState<LinkEnd>({});

  useEffect(() => {
    const told = takeLinkEnd(location.search);
    if (told.linked === undefined && told.failed === undefined) return;
    setEnd(told);
    history.replaceState(null, "", location.pathname);
  }, []);

  const linked = providers.find(({ id }) => id === end.linked);
  const trouble: Trouble | undefined =
    task.trouble ??
    (end.failed === undefined
      ? undefined
      : { code: end.failed as Trouble["code"], message: "", retryAfter: undefined });
  const conflict = trouble?.code === "CONFLICT";
  return (
    <Section title={t("identities.title")} note={t("identities.note")}>
      <TroubleLine
        trouble={trouble}
        words={task.trouble ? undefined : t(conflict ? "identities.taken" : "identities.failed")}
      />
      <p className="field-note" role="status">
        {linked && t("identities.linked", { name: linked.name })}
      </p>
      <ul className="lines">
        {providers.map(({ id, name }) => (
          <li key={id} className="line">
            <span className="line-words">
              <span className="line-name">{name}</span>
            </span>
            <Button
              disabled={task.busy}
              aria-description={name}
              onClick={() => {
                setEnd({});
                task.run(
                  () => http.linkIdentity(id),
                  (address) => {
                    beginLink(id);
                    location.assign(address);
                  },
                );
              }}
            >
              {t("identities.link")}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
