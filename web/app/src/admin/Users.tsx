/** Accounts: add, suspend, reset, make an administrator; and links by which people sign up. */
import { type FormEvent, useCallback, useDeferredValue, useState } from "react";
import type { User } from "../account/types.js";
import { shortTime } from "../i18n/format.js";
import { useLanguage, useWords } from "../i18n/index.js";
import { useHere, useHttp } from "../session/backend.js";
import { Button } from "../ui/Button.js";
import { Field } from "../ui/Field.js";
import { Icon } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";
import { Secret } from "../ui/Secret.js";
import { Sure } from "../ui/Sure.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { DataTable } from "./DataTable.js";
import { SignUpLinks } from "./SignUpLinks.js";
import { State } from "./State.js";
import { More, usePages } from "./usePages.js";

/** A password that was made, and for whom. */
interface Made {
  name: string;
  password: string;
}

export function Users() {
  const t = useWords();
  const language = useLanguage();
  const { admin } = useHttp();
  const [query, setQuery] = useState("");
  const asked = useDeferredValue(query.trim());
  const [made, setMade] = useState<Made>();
  const task = useTask();
  const load = useCallback(
    async (cursor?: string) => {
      const { users, next } = await admin.users(asked, cursor);
      return { rows: users, next };
    },
    [admin, asked],
  );
  const [users, reload, more] = usePages(load);
  return (
    <>
      <AddUser
        onMade={(person) => {
          setMade(person);
          reload();
        }}
      />
      {made && (
        <Secret
          label={t("account.password")}
          note={t("users.password", { name: made.name })}
          value={made.password}
        />
      )}
      <section className="section">
        <h2>{t("admin.users")}</h2>
        <Field
          label={t("rail.search")}
          type="search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <TroubleLine trouble={task.trouble} />
        <State loaded={users} onRetry={reload}>
          {({ rows, next }) => (
            <>
              <DataTable
                label={t("admin.users")}
                rows={rows}
                keyOf={(user) => user.user_id}
                empty={t("users.none")}
                columns={[
                  { title: t("users.name"), cell: (user) => user.display_name, long: true, narrow: "head" },
                  { title: t("users.login"), cell: (user) => user.name ?? t("users.guest"), long: true },
                  { title: t("users.state"), cell: (user) => <UserState user={user} /> },
                  { title: t("users.since"), cell: (user) => shortTime(user.created_at, language) },
                  {
                    title: t("users.actions"),
                    figure: true,
                    narrow: "menu",
                    cell: (user) => <UserMenu user={user} task={task} onDone={reload} onMade={setMade} />,
                  },
                ]}
              />
              <More next={next} onMore={more} />
            </>
          )}
        </State>
      </section>
      <SignUpLinks />
    </>
  );
}

function UserState({ user }: { user: User }) {
  const t = useWords();
  if (user.disabled_at !== null) return t("users.suspended");
  return t(user.admin ? "users.admin" : "users.person");
}

interface UserMenuProps {
  user: User;
  task: ReturnType<typeof useTask>;
  onDone: () => void;
  onMade: (made: Made) => void;
}

function UserMenu({ user, task, onDone, onMade }: UserMenuProps) {
  const t = useWords();
  const { me } = useHere();
  const { admin } = useHttp();
  const { user_id: id, display_name: name } = user;
  const suspended = user.disabled_at !== null;
  const own = id === me?.userId;
  const run = (close: () => void, deed: () => Promise<unknown>) => {
    close();
    task.run(deed, onDone);
  };
  return (
    <Menu label={t("people.menu", { name })} face={<Icon name="more" />}>
      {(close) => (
        <div className="person-menu person-sure">
          <Button
            disabled={own}
            onClick={() => run(close, () => admin.updateUser(id, { admin: !user.admin }))}
          >
            {t(user.admin ? "users.unmake_admin" : "users.make_admin")}
          </Button>
          <Button
            onClick={() => {
              close();
              task.run(
                () => admin.resetPassword(id),
                (password) => onMade({ name, password }),
              );
            }}
          >
            {t("users.reset")}
          </Button>
          <Button onClick={() => run(close, () => admin.endLogins(id))}>{t("logins.end_all")}</Button>
          {suspended ? (
            <Button onClick={() => run(close, () => admin.updateUser(id, { disabled: false }))}>
              {t("users.restore")}
            </Button>
          ) : (
            !own && (
              <Sure
                label={t("users.suspend")}
                question={t("users.suspend.sure", { name })}
                yes={t("users.suspend")}
                onYes={() => run(close, () => admin.updateUser(id, { disabled: true }))}
              />
            )
          )}
        </div>
      )}
    </Menu>
  );
}

function AddUser({ onMade }: { onMade: (made: Made) => void }) {
  const t = useWords();
  const { admin } = useHttp();
  const task = useTask();
  const [name, setName] = useState("");
  const [displayName, setDisplayName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    task.run(
      () => admin.createUser({ name: name.trim(), display_name: displayName.trim() }),
      ({ user, password }) => {
        setName("");
        setDisplayName("");
        onMade({ name: user.display_name, password: password ?? "" });
      },
    );
  };
  return (
    <section className="section">
      <h2>{t("users.add")}</h2>
      <form className="form" onSubmit={submit}>
        <div className="form-row">
          <Field
            label={t("users.name")}
            autoComplete="off"
            required
            value={displayName}
            onChange={(event) => setDisplayName(event.target.value)}
          />
          <Field
            label={t("users.login")}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button
            look="main"
            type="submit"
            disabled={task.busy || name.trim() === "" || displayName.trim() === ""}
          >
            {t("users.add.submit")}
          </Button>
        </div>
        <TroubleLine
          trouble={task.trouble}
          words={task.trouble?.code === "CONFLICT" ? t("signup.taken") : undefined}
        />
      </form>
    </section>
  );
}
