/** The transcript of a session: virtualised, following its end only for those who read there. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import type { SessionView } from "../session/types.js";
import { onRequest } from "../shell/bus.js";
import { tellTrouble } from "../shell/notices.js";
import { Announcer } from "./Announcer.js";
import { CatchUpCard } from "./CatchUpCard.js";
import { FirstUnreadPill } from "./FirstUnreadPill.js";
import { NewPill } from "./NewPill.js";
import { RowView } from "./RowView.js";
import { buildRows, countUnseen } from "./rows.js";
import { TalkContext, useMakeTalk } from "./talk.js";
import { useCatchUp } from "./useCatchUp.js";
import { useFollowing } from "./useFollowing.js";
import { useJump } from "./useJump.js";
import { usePages } from "./usePages.js";
import { useSteps } from "./useSteps.js";
import { useUnread } from "./useUnread.js";
import "./conversation.css";
import "./people-talk.css";
import "./states.css";

export default function Conversation({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const { me } = useHere();
  const { loadOlder } = useActions();
  const scroller = useRef<HTMLDivElement>(null);
  const seen = useRef<string>(undefined);
  const [end, setEnd] = useState(true);
  const { messages, pending, hasMore, loadingOlder } = session;
  const queued = useMemo(() => new Set(session.queued.map((turn) => turn.prompt_id)), [session.queued]);
  const unread = useUnread(sessionId, session, end, me?.userId);
  const readTo = unread?.readTo;
  const rows = useMemo(
    () => buildRows({ messages, pending, queued, readTo, me: me?.userId, hasMore, loadingOlder }),
    [messages, pending, queued, readTo, me?.userId, hasMore, loadingOlder],
  );
  const older = () => {
    if (hasMore && !loadingOlder) loadOlder(sessionId).catch(tellTrouble);
  };
  const { virtualizer, atEnd, goToEnd, goToRow, firstVisible } = useFollowing(rows, scroller, older);
  useEffect(() => setEnd(atEnd), [atEnd]);
  if (atEnd) seen.current = messages.at(-1)?.message_id;
  const unseen = countUnseen(messages, seen.current, me?.userId);
  // Chromium leaves undrawn what moved when pages came in above and nothing was scrolled.
  const nudge = useCallback(() => scroller.current?.scrollBy({ top: -1 }), []);
  const { marked, jumpTo } = useJump(sessionId, session, rows, goToRow, nudge);
  const talk = useMakeTalk(sessionId, session, me?.userId, jumpTo);
  const [catchUp, closeCatchUp] = useCatchUp(sessionId, readTo);

  // What one sends is where one wants to look.
  const sent = pending.at(-1)?.id;
  useEffect(() => {
    if (sent) goToEnd();
  }, [sent, goToEnd]);
  useEffect(() => onRequest("send", goToEnd), [goToEnd]);
  usePages(scroller);
  const step = useSteps(rows, virtualizer, scroller);
  useEffect(() => onRequest("step", step), [step]);

  return (
    <TalkContext value={talk}>
      <CatchUpCard catchUp={catchUp} onClose={closeCatchUp} />
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
                    className={row.key === marked ? "row-place row-marked" : "row-place"}
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <RowView row={row} sessionId={sessionId} session={session} />
                  </div>
                )
              );
            })}
          </div>
        </div>
        <FirstUnreadPill unread={unread} rows={rows} firstVisible={firstVisible} onPress={jumpTo} />
        {!atEnd && <NewPill unseen={unseen} onPress={goToEnd} />}
        <Announcer sessionId={sessionId} session={session} />
      </div>
    </TalkContext>
  );
}
