/** The first administrator: who starts the server has the link. */
import { type FormEvent, useEffect, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { DoorLink } from "./DoorLink.js";
import type { DoorProps } from "./DoorPage.js";
import { fieldWords } from "./fields.js";
import { type NewAccount, NewAccountFields } from "./NewAccountFields.js";
import { goOn } from "./way.js";

export function BootstrapForm({ site }: DoorProps) {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [token] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const [account, setAccount] = useState<NewAccount>({ name: "", displayName: "", password: "" });

  useEffect(() => {
    // It works once; it need not stand in the address while somebody looks over a shoulder.
    if (location.hash) history.replaceState(null, "", location.pathname);
  }, []);

  const gone = !site.bootstrap || token === "" || task.trouble?.code === "NOT_FOUND";
  if (gone) {
    return (
      <>
        <h1>{t("bootstrap.title")}</h1>
        <p role="alert">{t(site.bootstrap ? "bootstrap.link" : "bootstrap.done")}</p>
        <p className="door-links">
          <DoorLink page="login">{t("signup.login")}</DoorLink>
        </p>
      </>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const first = {
      token,
      name: account.name.trim(),
      password: account.password,
      display_name: account.displayName.trim(),
    };
    task.run(() => http.bootstrap(first), goOn);
  };
  const ready = account.name.trim() !== "" && account.password !== "" && account.displayName.trim() !== "";
  const refused = ["INVALID_AUTH", "FORBIDDEN", "TOKEN_EXPIRED"].includes(task.trouble?.code ?? "");
  return (
    <>
      <h1>{t("bootstrap.title")}</h1>
      <p className="note">{t("bootstrap.note")}</p>
      <form className="form" onSubmit={submit}>
        <NewAccountFields account={account} onChange={setAccount} />
        <TroubleLine
          trouble={task.trouble}
          words={refused ? t("bootstrap.link") : fieldWords(task.trouble, t)}
        />
        <Button look="main" type="submit" disabled={task.busy || !ready}>
          {t("bootstrap.submit")}
        </Button>
      </form>
    </>
  );
}
