/** What every message of the conversation needs to know of the session around it. */
import type { Participant } from "@madang/protocol";
import { createContext, use, useMemo } from "react";
import { type May, mayOf, NOTHING } from "../session/may.js";
import type { SessionView } from "../session/types.js";

export interface Talk {
  sessionId: string;
  me: string | undefined;
  may: May;
  people: ReadonlyMap<string, Participant>;
  /** Goes to a message, and loads history until it is there. */
  jumpTo: (messageId: string) => void;
}

export const TalkContext = createContext<Talk>({
  sessionId: "",
  me: undefined,
  may: NOTHING,
  people: new Map(),
  jumpTo: () => undefined,
});

export const useTalk = (): Talk => use(TalkContext);

export function useMakeTalk(
  sessionId: string,
  session: SessionView,
  me: string | undefined,
  jumpTo: (messageId: string) => void,
): Talk {
  const { summary, participants, state } = session;
  const people = useMemo(() => new Map(participants.map((each) => [each.user_id, each])), [participants]);
  const own = me === undefined ? undefined : people.get(me);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of a session only these say what one may do.
  const may = useMemo(() => mayOf(session, me), [summary?.role, summary?.status, own, state, me]);
  return useMemo(() => ({ sessionId, me, may, people, jumpTo }), [sessionId, me, may, people, jumpTo]);
}
