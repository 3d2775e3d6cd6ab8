/** One's name and colour, as others see them. */
import { type FormEvent, useState } from "react";
import type { Account, ColorChoice } from "../account/types.js";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Face } from "../ui/Face.js";
import { Field } from "../ui/Field.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { PALETTE } from "../ui/tone.js";
import { useTask } from "../ui/useTask.js";
import { Section } from "./Section.js";

const NAME_CHARS = 64;
const choiceOf = (at: number) => String(at + 1) as ColorChoice;

export function Profile({ account }: { account: Account }) {
  const t = useWords();
  const http = useHttp();
  const task = useTask();
  const [shown, setShown] = useState(account);
  const [name, setName] = useState(account.display_name);
  const [saved, setSaved] = useState(false);
  const wanted = name.trim();

  const change = (to: { display_name?: string; color?: ColorChoice }) => {
    setSaved(false);
    task.run(
      () => http.updateMe(to),
      (now) => {
        setShown(now);
        setSaved(true);
      },
    );
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted && wanted !== shown.display_name) change({ display_name: wanted });
  };

  return (
    <Section title={t("profile.title")}>
      <form className="form-row" onSubmit={submit}>
        <Field
          label={t("account.display_name")}
          autoComplete="name"
          maxLength={NAME_CHARS}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" disabled={task.busy || wanted === "" || wanted === shown.display_name}>
          {t("message.edit.queued")}
        </Button>
      </form>
      <fieldset className="colors">
        <legend>{t("profile.color")}</legend>
        {PALETTE.map((color, at) => (
          <button
            key={color}
            type="button"
            aria-label={t(`color.${choiceOf(at) as "1"}`)}
            title={t(`color.${choiceOf(at) as "1"}`)}
            aria-pressed={shown.color === color}
            disabled={task.busy}
            onClick={() => change({ color: choiceOf(at) })}
          >
            <Face name={wanted || shown.display_name} color={color} />
          </button>
        ))}
      </fieldset>
      {shown.name && <p className="note">{t("profile.login", { name: shown.name })}</p>}
      <TroubleLine trouble={task.trouble} />
      <p className="field-note" role="status">
        {saved && t("profile.saved")}
      </p>
    </Section>
  );
}
