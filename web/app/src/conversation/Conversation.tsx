/** The transcript of a session: virtualised, following its end only for those who read there. */
import { useEffect, useMemo, useRef } from "react";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import type { SessionView } from "../session/types.js";
import { onRequest } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { Announcer } from "./Announcer.js";
import { NewPill } from "./NewPill.js";
import { RowView } from "./RowView.js";
import { buildRows, countUnseen } from "./rows.js";
import { useFollowing } from "./useFollowing.js";
import { useReadTo } from "./useReadTo.js";
import { useSteps } from "./useSteps.js";
import "./conversation.css";
import "./states.css";

/** Of the height: a line or two stay, so that the eye finds its place again. */
const PAGE_SHARE = 0.9;

export function Conversation({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const { me } = useHere();
  const { loadOlder } = useActions();
  const scroller = useRef<HTMLDivElement>(null);
  const seen = useRef<string>(undefined);
  const endRef = useRef(true);
  const { messages, pending, hasMore, loadingOlder } = session;
  const queued = useMemo(() => new Set(session.queued.map((turn) => turn.prompt_id)), [session.queued]);
  const readTo = useReadTo(sessionId, messages, endRef.current, me?.userId, session.running);
  const rows = useMemo(
    () => buildRows({ messages, pending, queued, readTo, me: me?.userId, hasMore, loadingOlder }),
    [messages, pending, queued, readTo, me?.userId, hasMore, loadingOlder],
  );
  const older = () => {
    if (hasMore && !loadingOlder) loadOlder(sessionId).catch(tellTrouble);
  };
  const { virtualizer, atEnd, goToEnd } = useFollowing(rows, scroller, older);
  endRef.current = atEnd;
  if (atEnd) seen.current = messages.at(-1)?.message_id;
  const unseen = countUnseen(messages, seen.current, me?.userId);

  // What one sends is where one wants to look.
  const sent = pending.at(-1)?.id;
  useEffect(() => {
    if (sent) goToEnd();
  }, [sent, goToEnd]);
  useEffect(() => onRequest("send", goToEnd), [goToEnd]);
  useEffect(
    () =>
      onRequest("page", (by) => {
        const view = scroller.current;
        view?.scrollBy({ top: by * view.clientHeight * PAGE_SHARE });
      }),
    [],
  );
  const step = useSteps(rows, virtualizer, scroller);
  useEffect(() => onRequest("step", step), [step]);

  return (
    <div className="conversation">
      <div
        ref={scroller}
        className="scroller"
        role="log"
        aria-live="off"
        aria-label={t("conversation.label")}
        tabIndex={-1}
      >
        <div className="rows" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              row && (
                <div
                  key={item.key}
                  ref={virtualizer.measureElement}
                  data-index={item.index}
                  className="row-place"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <RowView row={row} sessionId={sessionId} session={session} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {!atEnd && <NewPill unseen={unseen} onPress={goToEnd} />}
      <Announcer sessionId={sessionId} session={session} />
    </div>
  );
}
