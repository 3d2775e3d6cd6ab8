import type { Right } from "@madang/client";
import { may } from "@madang/client/people";
import { useMembership } from "./useMembership.js";

/** Whether one has a right in a session, by role or by grant. */
export function useMay(sessionId: string, right: Right): boolean {
  return may(useMembership(sessionId), right);
}
