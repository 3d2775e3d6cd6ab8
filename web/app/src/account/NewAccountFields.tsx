/** What an account needs: a name to log in with, a name that others see, a password. */
import { useWords } from "../i18n/index.js";
import { Field } from "../ui/Field.js";

/** Characters; the server has the last word. */
const NAME_CHARS = 64;
const PASSWORD_CHARS = 1024;

export interface NewAccount {
  name: string;
  displayName: string;
  password: string;
}

interface NewAccountFieldsProps {
  account: NewAccount;
  onChange: (account: NewAccount) => void;
}

export function NewAccountFields({ account, onChange }: NewAccountFieldsProps) {
  const t = useWords();
  return (
    <>
      <Field
        label={t("account.display_name")}
        hint={t("account.display_name.hint")}
        name="name"
        autoComplete="name"
        maxLength={NAME_CHARS}
        required
        value={account.displayName}
        onChange={(event) => onChange({ ...account, displayName: event.target.value })}
      />
      <Field
        label={t("account.name")}
        hint={t("account.name.hint")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={NAME_CHARS}
        required
        value={account.name}
        onChange={(event) => onChange({ ...account, name: event.target.value })}
      />
      <Field
        label={t("account.password")}
        hint={t("account.password.hint")}
        name="new-password"
        type="password"
        autoComplete="new-password"
        maxLength={PASSWORD_CHARS}
        required
        value={account.password}
        onChange={(event) => onChange({ ...account, password: event.target.value })}
      />
    </>
  );
}
