/** An open session: its head, what was said, and where one writes. */
import { lazy, Suspense } from "react";
import { SessionComposer } from "../composer/SessionComposer.js";
import { ConnectionLine } from "../head/ConnectionState.js";
import { SessionHead } from "../head/SessionHead.js";
import { useWords } from "../i18n/index.js";
import { useHere, useSession } from "../session/backend.js";
import { sentenceOf } from "../session/trouble.js";
import type { SessionView } from "../session/types.js";
import { goTo } from "../shell/route.js";
import { Button } from "../ui/Button.js";

const load = () => import("./Conversation.js");
const Conversation = lazy(load);

/** Called at the start: what shows messages is on its way while the session is. */
export function prepareConversation(): void {
  void load().catch(() => undefined);
}

const PLACEHOLDERS = ["46%", "92%", "84%", "88%", "60%"];

export function SessionRoom({ sessionId }: { sessionId: string }) {
  const session = useSession(sessionId);
  const here = session.state === "here" || session.messages.length > 0;
  return (
    <>
      <SessionHead sessionId={sessionId} session={session} />
      <ConnectionLine />
      {session.state === "removed" || session.state === "forbidden" ? (
        <Gone session={session} />
      ) : (
        <>
          {here ? <Here sessionId={sessionId} session={session} /> : <NotYet session={session} />}
          <SessionComposer sessionId={sessionId} session={session} />
        </>
      )}
    </>
  );
}

function Here({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  if (session.messages.length === 0 && session.pending.length === 0) {
    return (
      <div className="empty">
        <h2>{t("empty.title")}</h2>
        <p>{t("empty.text")}</p>
      </div>
    );
  }
  return (
    <Suspense fallback={<Placeholders />}>
      <Conversation key={sessionId} sessionId={sessionId} session={session} />
    </Suspense>
  );
}

function NotYet({ session }: { session: SessionView }) {
  const t = useWords();
  if (session.state === "failed") {
    return (
      <div className="page-note" role="alert">
        <h2>{t("session.failed")}</h2>
        {session.trouble && (
          <>
            <p>{sentenceOf(session.trouble, t)}</p>
            <p className="notice-code">{t("error.code", { code: session.trouble.code })}</p>
          </>
        )}
        {/* It is tried again by itself where that can help; drafts outlive the page. */}
        <Button onClick={() => location.reload()}>{t("app.failed.reload")}</Button>
      </div>
    );
  }
  return <Placeholders />;
}

function Placeholders() {
  const t = useWords();
  return (
    <div className="conversation-skeleton measure" role="status" aria-label={t("session.loading")}>
      {PLACEHOLDERS.map((width) => (
        <div key={width} className="skeleton" style={{ width }} />
      ))}
    </div>
  );
}

function Gone({ session }: { session: SessionView }) {
  const t = useWords();
  const { me } = useHere();
  const { removedBy, trouble, state, summary } = session;
  const sentence = (): string => {
    if (removedBy && removedBy.user_id === me?.userId) return t("session.left");
    if (removedBy) return t("session.removed.by", { name: removedBy.display_name });
    const deleted = summary !== undefined || trouble?.code === "INVALID_SESSION";
    return t(deleted && state === "removed" ? "session.removed" : "session.missing");
  };
  return (
    <div className="page-note" role="alert">
      <p>{sentence()}</p>
      <Button onClick={() => goTo({ sessionId: undefined })}>{t("rail.new")}</Button>
    </div>
  );
}
