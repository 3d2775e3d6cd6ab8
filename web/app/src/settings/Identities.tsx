/** Accounts elsewhere that one logs in with: which are linked, linking another, and taking one away. */
import { useCallback, useEffect, useState } from "react";
import { beginLink, type LinkEnd, takeLinkEnd } from "../account/linking.js";
import type { LinkedIdentity, Site } from "../account/types.js";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import type { Trouble } from "../session/types.js";
import { Button } from "../ui/Button.js";
import { Sure } from "../ui/Sure.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { Section } from "./Section.js";

type Providers = Site["oidc"];

/** How the last thing ended that was begun here. */
type Done = LinkEnd & {
  /** The name of what was taken away. */
  unlinked?: string;
};

export function Identities({ providers }: { providers: Providers }) {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [done, setDone] = useState<Done>({});
  const [known, reload] = useLoaded(useCallback(() => http.identities(), [http]));
  const linked = known.value?.identities ?? [];

  useEffect(() => {
    const told = takeLinkEnd(location.search);
    if (told.linked === undefined && told.failed === undefined) return;
    setDone(told);
    history.replaceState(null, "", location.pathname);
  }, []);

  const link = (id: string) => {
    setDone({});
    task.run(
      () => http.linkIdentity(id),
      (address) => {
        beginLink(id);
        location.assign(address);
      },
    );
  };
  const unlink = ({ identity_id, issuer_name }: LinkedIdentity) => {
    setDone({});
    task.run(
      () => http.unlinkIdentity(identity_id),
      () => {
        setDone({ unlinked: issuer_name });
        reload();
      },
    );
  };

  if (providers.length === 0 && known.state !== "failed" && linked.length === 0) return null;
  return (
    <Section title={t("identities.title")} note={t("identities.note")}>
      {known.state === "failed" && <TroubleLine trouble={known.trouble} onRetry={reload} />}
      <Ended done={done} providers={providers} trouble={task.trouble} />
      {linked.length > 0 && (
        <ul className="lines" aria-label={t("identities.have")}>
          {linked.map((each) => (
            <LinkedLine key={each.identity_id} linked={each} busy={task.busy} onUnlink={() => unlink(each)} />
          ))}
        </ul>
      )}
      <div className="sure-answers">
        {providers.map(({ id, name }) => (
          <Button key={id} icon="link" disabled={task.busy} onClick={() => link(id)}>
            {t("identities.link", { name })}
          </Button>
        ))}
      </div>
    </Section>
  );
}

interface EndedProps {
  done: Done;
  providers: Providers;
  trouble: Trouble | undefined;
}

/** How it ended, in words: what was asked here, or what was begun here and ended elsewhere. */
function Ended({ done, providers, trouble }: EndedProps) {
  const t = useWords();
  const name = providers.find(({ id }) => id === done.linked)?.name;
  const failed: Trouble | undefined =
    done.failed === undefined
      ? undefined
      : { code: done.failed as Trouble["code"], message: "", retryAfter: undefined };
  const taken = done.failed === "CONFLICT" ? "identities.taken" : "identities.failed";
  return (
    <>
      <TroubleLine
        trouble={trouble}
        words={trouble?.code === "CONFLICT" ? t("identities.last") : undefined}
      />
      <TroubleLine trouble={failed} words={t(taken)} />
      <p className="field-note" role="status">
        {name && t("identities.linked", { name })}
        {done.unlinked && t("identities.unlinked", { name: done.unlinked })}
      </p>
    </>
  );
}

interface LinkedLineProps {
  linked: LinkedIdentity;
  busy: boolean;
  onUnlink: () => void;
}

function LinkedLine({ linked, busy, onUnlink }: LinkedLineProps) {
  const t = useWords();
  const { issuer_name: name, subject, kind, removable } = linked;
  const notes = [subject];
  if (kind !== "provider") notes.push(t(`identities.${kind}`));
  if (!removable) notes.push(t("identities.last"));
  return (
    <li className="line">
      <span className="line-words">
        <span className="line-name">{name}</span>
        {notes.map((note) => (
          <span key={note} className="line-note">
            {note}
          </span>
        ))}
      </span>
      {removable && (
        <Sure
          label={t("identities.unlink")}
          look="plain"
          about={name}
          question={t("identities.unlink.sure", { name })}
          yes={t("identities.unlink")}
          busy={busy}
          onYes={onUnlink}
        />
      )}
    </li>
  );
}
