/** Who belongs to the session: here, away, not here, asked in; and what one may do about it. */
import { peopleOf, type Standing } from "../head/faces.js";
import { useWords } from "../i18n/index.js";
import { useHere } from "../session/backend.js";
import { mayOf } from "../session/may.js";
import type { SessionView } from "../session/types.js";
import { request } from "../shell/bus.js";
import { Button } from "../ui/Button.js";
import { BudgetLine } from "./BudgetLine.js";
import { Invitations } from "./Invitations.js";
import { Leave } from "./Leave.js";
import { PersonLine } from "./PersonLine.js";
import "../ui/forms.css";
import "./people.css";

const STANDINGS: readonly Standing[] = ["here", "away", "absent"];

export default function PeoplePanel({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const { me, connection } = useHere();
  const may = mayOf(session, me?.userId);
  const people = peopleOf(session.participants, session.presence, me?.userId);
  const owner = people.find(({ participant }) => participant.role === "owner")?.participant;
  const ownerName = owner?.display_name ?? t("role.owner");

  if (session.state === "loading") {
    return (
      <div className="panel-body" role="status" aria-label={t("session.loading")}>
        {["70%", "54%", "62%"].map((width) => (
          <div key={width} className="skeleton people-skeleton" style={{ width }} />
        ))}
      </div>
    );
  }
  if (session.state !== "here") {
    return (
      <div className="panel-body">
        <p className="note">{t("people.group.none")}</p>
      </div>
    );
  }
  return (
    <div className="panel-body">
      {connection.kind !== "connected" && <p className="note">{t("people.group.stale")}</p>}
      {may.invite ? (
        <Button icon="plus" onClick={() => request("invite", undefined)}>
          {t("people.invite")}
        </Button>
      ) : (
        <p className="note">{t("people.invite.who", { name: ownerName })}</p>
      )}
      {STANDINGS.map((standing) => {
        const group = people.filter((person) => person.standing === standing);
        if (group.length === 0) return null;
        return (
          <section key={standing} className="people-group">
            <h3>{t(`people.group.${standing}`, { count: group.length })}</h3>
            <ul>
              {group.map((person) => (
                <PersonLine
                  key={person.participant.user_id}
                  sessionId={sessionId}
                  person={person}
                  mine={person.participant.user_id === me?.userId}
                  govern={may.govern}
                />
              ))}
            </ul>
          </section>
        );
      })}
      <Invitations
        sessionId={sessionId}
        invitations={session.invitations}
        takeable={may.invite}
        govern={may.govern}
      />
      <BudgetLine sessionId={sessionId} session={session} govern={may.govern} owner={ownerName} />
      <div className="people-foot">
        {!may.govern && owner && (
          <p className="note">{t("people.roles.who", { name: owner.display_name })}</p>
        )}
        <Leave sessionId={sessionId} owner={owner?.user_id === me?.userId} alone={people.length === 1} />
      </div>
    </div>
  );
}
