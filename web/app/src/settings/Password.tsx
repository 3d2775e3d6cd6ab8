/** Another password; all other logins and all tokens end with the old one. */
import { type FormEvent, useState } from "react";
import { fieldWords } from "../account/fields.js";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Field } from "../ui/Field.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { Section } from "./Section.js";

export function Password() {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setDone(false);
    task.run(
      () => http.changePassword({ ...(old === "" ? {} : { old }), new: next }),
      () => {
        setOld("");
        setNext("");
        setDone(true);
      },
    );
  };
  const refused = task.trouble?.code === "INVALID_AUTH" || task.trouble?.code === "FORBIDDEN";
  return (
    <Section title={t("account.password")} note={t("password.note")}>
      <form className="form" onSubmit={submit}>
        <div className="form-row">
          <Field
            label={t("password.old")}
            type="password"
            autoComplete="current-password"
            value={old}
            onChange={(event) => setOld(event.target.value)}
          />
          <Field
            label={t("password.new")}
            type="password"
            autoComplete="new-password"
            required
            value={next}
            onChange={(event) => setNext(event.target.value)}
          />
          <Button type="submit" disabled={task.busy || next === ""}>
            {t("password.change")}
          </Button>
        </div>
        <TroubleLine
          trouble={task.trouble}
          words={refused ? t("password.refused") : fieldWords(task.trouble, t)}
        />
        <p className="field-note" role="status">
          {done && t("password.changed")}
        </p>
      </form>
    </Section>
  );
}
