/** The doors: log in, sign up, the first administrator, joining by a link. Nothing here connects by itself. */
import { useCallback } from "react";
import { chooseLanguage, LANGUAGES, type Language, useLanguage, useWords } from "../i18n/index.js";
import { useHttp } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import type { Door } from "../shell/route.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { type Loaded, useLoaded } from "../ui/useLoaded.js";
import { BootstrapForm } from "./BootstrapForm.js";
import { JoinForm } from "./JoinForm.js";
import { LoginForm } from "./LoginForm.js";
import { SignUpForm } from "./SignUpForm.js";
import type { Account, Site } from "./types.js";
import "../ui/forms.css";
import "./account.css";

export interface DoorProps {
  site: Site;
  me: Account | null;
}

export default function DoorPage({ door }: { door: Door }) {
  const t = useWords();
  const http = useHttp();
  const [known, reload] = useLoaded(useCallback(() => Promise.all([http.site(), http.me()]), [http]));
  return (
    <div className="door">
      <main className="door-card">
        <p className="door-name">{t("app.name")}</p>
        <DoorBody door={door} known={known} onRetry={reload} />
      </main>
      <Languages />
    </div>
  );
}

interface DoorBodyProps {
  door: Door;
  known: Loaded<[Site, Account | null]>;
  onRetry: () => void;
}

function DoorBody({ door, known, onRetry }: DoorBodyProps) {
  const t = useWords();
  if (known.state === "failed") return <TroubleLine trouble={known.trouble} onRetry={onRetry} />;
  if (known.state === "loading") {
    return (
      <div className="form" role="status" aria-label={t("door.loading")}>
        <div className="skeleton door-skeleton" />
        <div className="skeleton door-skeleton" />
      </div>
    );
  }
  const [site, me] = known.value;
  switch (door) {
    case "login":
      return <LoginForm site={site} me={me} />;
    case "sign-up":
      return <SignUpForm site={site} me={me} />;
    case "bootstrap":
      return <BootstrapForm site={site} me={me} />;
    case "join":
      return <JoinForm site={site} me={me} />;
  }
}

function Languages() {
  const t = useWords();
  const language = useLanguage();
  return (
    <footer>
      <div className="door-foot" role="group" aria-label={t("settings.language")}>
        {Object.entries(LANGUAGES).map(([each, name]) => (
          <button
            key={each}
            type="button"
            lang={each}
            aria-pressed={each === language}
            onClick={() => chooseLanguage(each as Language).catch(tellTrouble)}
          >
            {name}
          </button>
        ))}
      </div>
    </footer>
  );
}
