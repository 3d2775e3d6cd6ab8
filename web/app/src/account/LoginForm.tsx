/** Logging in with a name and a password, or with another identity provider. */
import { type FormEvent, useEffect, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Field } from "../ui/Field.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { DoorLink } from "./DoorLink.js";
import type { DoorProps } from "./DoorPage.js";
import { oidcAddress } from "./http.js";
import { failLink } from "./linking.js";
import { goOn, wayOf } from "./way.js";

export function LoginForm({ site, me }: DoorProps) {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");

  const submit = (event: FormEvent) => {
    event.preventDefault();
    task.run(() => http.login(name.trim(), password), goOn);
  };
  const [failed] = useState(() => new URLSearchParams(location.search).get("error"));
  useEffect(() => {
    // Somebody who is logged in wanted to link an identity: it is told where they began.
    if (failed !== null && failLink(failed)) location.replace("/settings");
  }, [failed]);
  const refused = task.trouble?.code === "INVALID_AUTH" ? t("login.refused") : undefined;

  return (
    <>
      <h1>{t("login.title")}</h1>
      {site.bootstrap && <p className="note">{t("login.bootstrap")}</p>}
      {failed !== null && (
        <p className="trouble" role="alert">
          {t(failed === "FORBIDDEN" ? "login.oidc_forbidden" : "login.oidc_failed")}
        </p>
      )}
      {me && !me.guest && (
        <div className="door-known">
          <p>{t("login.already", { name: me.display_name })}</p>
          <Button onClick={goOn}>{t("door.go_on")}</Button>
        </div>
      )}
      <form className="form" onSubmit={submit}>
        <Field
          label={t("account.name")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={t("account.password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <TroubleLine trouble={task.trouble} words={refused} />
        <Button look="main" type="submit" disabled={task.busy || name.trim() === "" || password === ""}>
          {t("login.submit")}
        </Button>
      </form>
      {site.oidc.length > 0 && (
        <div className="door-others">
          <p className="door-or">{t("login.or")}</p>
          {site.oidc.map((provider) => (
            <a
              key={provider.id}
              className="button"
              href={oidcAddress(provider.id, wayOf().split("#")[0] || "/")}
            >
              <span>{t("login.with", { name: provider.name })}</span>
            </a>
          ))}
        </div>
      )}
      <p className="door-links">
        {site.sign_up !== "closed" && <DoorLink page="sign-up">{t("login.sign_up")}</DoorLink>}
        {site.guests && (
          <button type="button" onClick={goOn}>
            {t("login.guest")}
          </button>
        )}
      </p>
    </>
  );
}
