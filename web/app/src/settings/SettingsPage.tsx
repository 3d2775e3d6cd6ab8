/** Everything about oneself and this browser. */
import { useCallback } from "react";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { Appearance } from "./Appearance.js";
import { GuestCard } from "./GuestCard.js";
import { Import } from "./Import.js";
import { Logins } from "./Logins.js";
import { Notifications } from "./Notifications.js";
import { Password } from "./Password.js";
import { Profile } from "./Profile.js";
import { Tokens } from "./Tokens.js";
import "../head/head.css";
import "../people/people.css";
import "../ui/forms.css";
import "./settings.css";

export default function SettingsPage() {
  const t = useWords();
  const http = useHttp();
  const [me, reload] = useLoaded(useCallback(() => http.me(), [http]));
  const account = me.state === "here" ? me.value : null;
  const person = account !== null && !account.guest;
  return (
    <div className="page">
      <div className="page-body">
        <h1>{t("settings.label")}</h1>
        {me.state === "failed" && <TroubleLine trouble={me.trouble} onRetry={reload} />}
        {account?.guest && <GuestCard />}
        {me.state === "loading" && <div className="skeleton page-skeleton" />}
        {account && <Profile account={account} />}
        <Appearance account={account} />
        <Notifications />
        {person && <Password />}
        {person && <Logins />}
        {person && <Tokens />}
        <Import />
      </div>
    </div>
  );
}
