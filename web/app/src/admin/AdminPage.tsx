/** What administrators see: usage and cost, people, sessions, connections, health, the audit log. No content. */
import type { ReactNode } from "react";
import { useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { goTo, pathOf } from "../shell/route.js";
import { Audit } from "./Audit.js";
import { BudgetsPart } from "./BudgetsPart.js";
import { Connections } from "./Connections.js";
import { HealthPart } from "./HealthPart.js";
import { Sessions } from "./Sessions.js";
import { UsagePart } from "./UsagePart.js";
import { Users } from "./Users.js";
import "../head/head.css";
import "../people/people.css";
import "../settings/settings.css";
import "../ui/forms.css";
import "./admin.css";

const PARTS = ["usage", "budgets", "users", "sessions", "connections", "health", "audit"] as const;
type Part = (typeof PARTS)[number];

export default function AdminPage({ part }: { part: string | undefined }) {
  const t = useWords();
  const { me } = useHere();
  const open = PARTS.find((each) => each === part) ?? "usage";
  if (me === undefined) return <div className="page" role="status" aria-label={t("door.loading")} />;
  if (!me.admin) {
    return (
      <div className="page-note" role="alert">
        <h1>{t("admin.title")}</h1>
        <p>{t("admin.not")}</p>
      </div>
    );
  }
  return (
    <div className="page">
      <div className="page-body page-wide">
        <h1>{t("admin.title")}</h1>
        <nav className="tabs" aria-label={t("admin.title")}>
          {PARTS.map((each) => (
            <PartLink key={each} part={each} open={each === open} />
          ))}
        </nav>
        {BODIES[open]}
      </div>
    </div>
  );
}

const BODIES: Record<Part, ReactNode> = {
  usage: <UsagePart />,
  budgets: <BudgetsPart />,
  users: <Users />,
  sessions: <Sessions />,
  connections: <Connections />,
  health: <HealthPart />,
  audit: <Audit />,
};

/** On a phone there are more tabs than fit. */
const showTab = (tab: HTMLElement | null) => tab?.scrollIntoView?.({ block: "nearest", inline: "nearest" });

function PartLink({ part, open }: { part: Part; open: boolean }) {
  const t = useWords();
  const words = t(`admin.${part}`);
  const route = { sessionId: undefined, page: "admin" as const, part };
  return (
    <a
      href={pathOf(route)}
      ref={open ? showTab : undefined}
      aria-current={open ? "page" : undefined}
      data-words={words}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        goTo(route);
      }}
    >
      {words}
    </a>
  );
}
