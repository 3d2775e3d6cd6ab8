/** An account of one's own; a guest keeps what they wrote. */
import { type FormEvent, useState } from "react";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Field } from "../ui/Field.js";
import { useTask } from "../ui/useTask.js";
import { codeIn } from "./code.js";
import { DoorLink } from "./DoorLink.js";
import type { DoorProps } from "./DoorPage.js";
import { type NewAccount, NewAccountFields } from "./NewAccountFields.js";
import { SignUpTrouble } from "./SignUpTrouble.js";
import { goOn, signUpCodeKept } from "./way.js";

export function SignUpForm({ site, me }: DoorProps) {
  const t = useWords();
  const language = useLanguage();
  const http = useHttp();
  const task = useTask();
  const [kept] = useState(signUpCodeKept);
  const [code, setCode] = useState(kept);
  const [account, setAccount] = useState<NewAccount>({
    name: "",
    displayName: me?.guest ? me.display_name : "",
    password: "",
  });
  const needsCode = site.sign_up === "invite" && kept === "";

  if (me && !me.guest) {
    return (
      <>
        <h1>{t("signup.title")}</h1>
        <p>{t("login.already", { name: me.display_name })}</p>
        <Button onClick={goOn}>{t("door.go_on")}</Button>
      </>
    );
  }
  if (site.sign_up === "closed" && kept === "") {
    return (
      <>
        <h1>{t("signup.title")}</h1>
        <p role="alert">{t("signup.closed")}</p>
        <p className="door-links">
          <DoorLink page="login">{t("signup.login")}</DoorLink>
        </p>
      </>
    );
  }
  const given = codeIn(code);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = {
      name: account.name.trim(),
      password: account.password,
      display_name: account.displayName.trim(),
      language,
      ...(given === "" ? {} : { code: given }),
    };
    task.run(() => http.signUp(wanted), goOn);
  };
  const ready = account.name.trim() !== "" && account.password !== "" && account.displayName.trim() !== "";

  return (
    <>
      <h1>{t("signup.title")}</h1>
      {me?.guest && <p className="note">{t("signup.guest")}</p>}
      <form className="form" onSubmit={submit}>
        <NewAccountFields account={account} onChange={setAccount} />
        {needsCode && (
          <Field
            label={t("signup.code")}
            hint={t("signup.code.hint")}
            autoComplete="off"
            spellCheck={false}
            required
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        <SignUpTrouble trouble={task.trouble} />
        <Button look="main" type="submit" disabled={task.busy || !ready || (needsCode && given === "")}>
          {t("signup.submit")}
        </Button>
      </form>
      <p className="door-links">
        <DoorLink page="login">{t("signup.login")}</DoorLink>
      </p>
    </>
  );
}
