/** Personal tokens for programs: made, shown once, revoked. */
import { type FormEvent, useCallback, useState } from "react";
import type { ApiToken, Scope } from "../account/types.js";
import { fullTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Choice, Field } from "../ui/Field.js";
import { Secret } from "../ui/Secret.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { useTask } from "../ui/useTask.js";
import { Section } from "./Section.js";

const DAYS = [7, 30, 90, 365] as const;
const SCOPES: readonly Scope[] = ["read", "write", "full"];
const NAME_CHARS = 64;

export function Tokens() {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("read");
  const [days, setDays] = useState<number>(30);
  const [made, setMade] = useState<string>();
  const [tokens, reload] = useLoaded(useCallback(() => http.tokens(), [http]));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMade(undefined);
    task.run(
      () => http.createToken({ name: name.trim(), scope, expires_in_days: days }),
      ({ token }) => {
        setMade(token);
        setName("");
        reload();
      },
    );
  };

  return (
    <Section title={t("tokens.title")} note={t("tokens.note")}>
      <form className="form" onSubmit={submit}>
        <div className="form-row">
          <Field
            label={t("tokens.name")}
            autoComplete="off"
            maxLength={NAME_CHARS}
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Choice
            label={t("tokens.scope")}
            value={scope}
            options={SCOPES.map((each) => [each, t(`scope.${each}`)] as const)}
            onChoose={setScope}
          />
          <Choice
            label={t("invite.link.life")}
            value={days}
            options={DAYS.map((each) => [each, t("tokens.days", { count: each })] as const)}
            onChoose={setDays}
          />
          <Button type="submit" disabled={task.busy || name.trim() === ""}>
            {t("tokens.make")}
          </Button>
        </div>
        <TroubleLine trouble={task.trouble} />
        {made && <Secret label={t("tokens.title")} note={t("tokens.once")} value={made} />}
      </form>
      {tokens.state === "failed" && <TroubleLine trouble={tokens.trouble} onRetry={reload} />}
      {tokens.state === "here" && tokens.value.length > 0 && (
        <ul className="lines">
          {tokens.value.map((token) => (
            <TokenLine
              key={token.token_id}
              token={token}
              busy={task.busy}
              onRevoke={() => task.run(() => http.revokeToken(token.token_id), reload)}
            />
          ))}
        </ul>
      )}
    </Section>
  );
}

function TokenLine({ token, busy, onRevoke }: { token: ApiToken; busy: boolean; onRevoke: () => void }) {
  const t = useWords();
  const language = useLanguage();
  const used =
    token.used_at === null ? t("tokens.unused") : t("tokens.used", { at: fullTime(token.used_at, language) });
  return (
    <li className="line">
      <span className="line-words">
        <span className="line-name">{token.name}</span>
        <span className="line-note">
          {t(`scope.${token.scope}`)} · {t("invite.until", { until: fullTime(token.expires_at, language) })} ·{" "}
          {used}
        </span>
      </span>
      <Button look="quiet" disabled={busy} aria-description={token.name} onClick={onRevoke}>
        {t("invite.revoke")}
      </Button>
    </li>
  );
}
