/** The people of a session, beside the conversation, over it, or as a room on a phone. */
import { lazy, Suspense } from "react";
import { useWords, withWords } from "../i18n/index.js";
import { useSession } from "../session/backend.js";
import { SidePanel } from "../shell/SidePanel.js";

const PeoplePanel = lazy(withWords(() => import("./PeoplePanel.js")));
const InviteDialog = lazy(withWords(() => import("./InviteDialog.js")));

function Panel({ sessionId }: { sessionId: string }) {
  const session = useSession(sessionId);
  return (
    <Suspense>
      <PeoplePanel sessionId={sessionId} session={session} />
    </Suspense>
  );
}

export function PeopleSide({ sessionId, over }: { sessionId: string; over: boolean }) {
  const t = useWords();
  return (
    <SidePanel title={t("room.people")} over={over}>
      <Panel sessionId={sessionId} />
    </SidePanel>
  );
}

export function PeopleRoom({ sessionId }: { sessionId: string }) {
  const t = useWords();
  const { summary } = useSession(sessionId);
  return (
    <main className="room">
      <header className="panel-head">
        <h1 className="unseen">{summary?.title || t("session.untitled")}</h1>
        <h2>{t("room.people")}</h2>
      </header>
      <Panel sessionId={sessionId} />
    </main>
  );
}

export function SessionInvite({ sessionId, onClose }: { sessionId: string; onClose: () => void }) {
  const session = useSession(sessionId);
  return (
    <Suspense>
      <InviteDialog sessionId={sessionId} session={session} onClose={onClose} />
    </Suspense>
  );
}
