/** Everything about oneself and this browser. */
import { useCallback } from "react";
import { useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useLoaded } from "../ui/useLoaded.js";
import { Appearance } from "./Appearance.js";
import { GuestCard } from "./GuestCard.js";
import { Identities } from "./Identities.js";
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
  const [known, reload] = useLoaded(useCallback(() => Promise.all([http.me(), http.site()]), [http]));
  const [account, site] = known.state === "here" ? known.value : [null, undefined];
  const person = account !== null && !account.guest;
  return (
    <div className="page">
      <div className="page-body">
        <h1>{t("settings.label")}</h1>
        {known.state === "failed" && <TroubleLine trouble={known.trouble} onRetry={reload} />}
        {account?.guest && <GuestCard />}
        {known.state === "loading" && <div className="skeleton page-skeleton" />}
        {account && <Profile account={account} />}
        <Appearance account={account} />
        <Notifications />
        {person && <Password />}
        {person && site && <Identities providers={site.oidc} />}
        {person && <Logins />}
        {person && <Tokens />}
        <Import />
      </div>
    </div>
  );
}
