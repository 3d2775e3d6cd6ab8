/** Links that let people in: a new one, and those that still hold. */
import type { Invite, Role } from "@madang/protocol";
import { type FormEvent, useCallback, useState } from "react";
import { fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Choice } from "../ui/Field.js";
import { Icon } from "../ui/Icon.js";
import { Secret } from "../ui/Secret.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { useRoleOptions } from "./InviteDialog.js";

const HOUR_MS = 3_600_000;
const LIVES_MS = [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, 30 * 24 * HOUR_MS] as const;
const LIFE_WORDS = ["hour", "day", "week", "month"] as const;
const USES = [1, 5, 25, 100] as const;

export function InviteLinks({ sessionId }: { sessionId: string }) {
  const t = useWords();
  const { createInvite, listInvites } = useActions();
  const roles = useRoleOptions();
  const task = useTask();
  const [role, setRole] = useState<Role>("collaborator");
  const [life, setLife] = useState<number>(LIVES_MS[2]);
  const [uses, setUses] = useState<number>(1);
  const [code, setCode] = useState<string>();
  const [links, reload] = useLoaded(useCallback(() => listInvites(sessionId), [listInvites, sessionId]));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setCode(undefined);
    task.run(
      () => createInvite(sessionId, { role, expiresInMs: life, uses }),
      (made) => {
        setCode(made.code);
        reload();
      },
    );
  };

  return (
    <>
      <form className="form" onSubmit={submit}>
        <h3>{t("invite.link")}</h3>
        <div className="form-row">
          <Choice label={t("people.role")} value={role} options={roles} onChoose={setRole} />
          <Choice
            label={t("invite.link.life")}
            value={life}
            options={LIVES_MS.map((ms, at) => [ms, t(`invite.life.${LIFE_WORDS[at] ?? "week"}`)] as const)}
            onChoose={setLife}
          />
          <Choice
            label={t("invite.link.uses")}
            value={uses}
            options={USES.map((n) => [n, t("invite.uses", { count: n })] as const)}
            onChoose={setUses}
          />
          <Button icon="link" type="submit" disabled={task.busy}>
            {t("invite.link.make")}
          </Button>
        </div>
        <TroubleLine trouble={task.trouble} />
        {code && (
          <Secret
            label={t("invite.link")}
            note={t("invite.link.once")}
            value={`${location.origin}/join#${code}`}
          />
        )}
      </form>
      {links.state === "failed" && <TroubleLine trouble={links.trouble} onRetry={reload} />}
      {links.state === "here" && links.value.length > 0 && (
        <section className="people-group">
          <h3>{t("invite.links")}</h3>
          <ul>
            {links.value.map((invite) => (
              <LinkLine key={invite.invite_id} sessionId={sessionId} invite={invite} onGone={reload} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function LinkLine({ sessionId, invite, onGone }: { sessionId: string; invite: Invite; onGone: () => void }) {
  const t = useWords();
  const language = useLanguage();
  const { revokeInvite } = useActions();
  const task = useTask();
  const role = t(`role.${invite.role}`);
  const until = fullTime(invite.expires_at, language);
  return (
    <li className="person-line">
      <span className="link-mark">
        <Icon name="link" />
      </span>
      <span className="person-words">
        <span className="person-line-name">
          {role} · {t("invite.uses.left", { count: invite.uses_left })}
        </span>
        <span className="person-line-note">{t("invite.until", { until })}</span>
        <TroubleLine trouble={task.trouble} />
      </span>
      <Button
        look="quiet"
        disabled={task.busy}
        aria-description={`${role}, ${until}`}
        onClick={() => task.run(() => revokeInvite(sessionId, invite.invite_id), onGone)}
      >
        {t("invite.revoke")}
      </Button>
    </li>
  );
}
