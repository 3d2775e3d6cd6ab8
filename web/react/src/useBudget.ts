import type { Ack, Budget, SessionSnapshot, Spent } from "@madang/client";
import { useMemo } from "react";
import { usePeople } from "./usePeople.js";
import { useSessionPart } from "./useSessionPart.js";

/** What a session may spend, what it has spent, and how to change the former. */
export interface SessionBudget {
  /** Null when there is none. */
  readonly budget: Budget | null;
  /** In the budget's period, or today where there is none. */
  readonly spent: Spent;
  /** Changes it; null takes it away. */
  readonly setBudget: (budget: Budget | null) => Promise<Ack>;
}

/** A session's budget. */
export function useBudget(sessionId: string): SessionBudget {
  const people = usePeople(sessionId);
  const limit = useSessionPart(sessionId, budget);
  const used = useSessionPart(sessionId, spent);
  return useMemo(
    () => ({ budget: limit, spent: used, setBudget: (next) => people.setBudget(next) }),
    [people, limit, used],
  );
}

function budget(session: SessionSnapshot): Budget | null {
  return session.budget;
}

function spent(session: SessionSnapshot): Spent {
  return session.spent;
}
