/** The list of sessions in the order and under the headings that people look for. */
import type { SessionSummary } from "@madang/protocol";
import { type Age, ageOf } from "../i18n/format.js";

export interface Group {
  age: Age;
  sessions: SessionSummary[];
}

export function groupByAge(sessions: readonly SessionSummary[], now: number): Group[] {
  const groups: Group[] = [];
  for (const session of sessions) {
    const age = ageOf(session.last_activity, now);
    const last = groups.at(-1);
    if (last?.age === age) last.sessions.push(session);
    else groups.push({ age, sessions: [session] });
  }
  return groups;
}
