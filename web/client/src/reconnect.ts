import { CloseCode } from "@madang/protocol";
import type { Settings } from "./settings.js";
import type { Why, WhyKey } from "./types.js";

/** What a close code asks for. */
export type Verdict = "never" | "backoff" | "soon";

/** Decides by range alone (CN6), so that codes of a newer server are understood. */
export function verdictOf(code: number): Verdict {
  if ((code >= 4000 && code <= 4099) || (code >= 4400 && code <= 4499)) return "never";
  if (code >= 4200 && code <= 4299) return "soon";
  return "backoff";
}

/** Close codes after which the command that was being sent is failed instead of sent again (CN6). */
export function refusesMessage(code: number): boolean {
  return code === CloseCode.PolicyViolation || code === CloseCode.TooBig;
}

const KEYS: ReadonlyMap<number, WhyKey> = new Map([
  [CloseCode.Normal, "goodbye"],
  [CloseCode.PolicyViolation, "refused_message"],
  [CloseCode.TooBig, "refused_message"],
  [CloseCode.InternalError, "server_fault"],
  [1012, "restarting"],
  [1013, "overloaded"],
  [CloseCode.Overloaded, "overloaded"],
  [CloseCode.TooSlow, "too_slow"],
  [CloseCode.NoPong, "no_answer"],
  [CloseCode.NoHello, "no_answer"],
  [CloseCode.Drain, "restarting"],
  [CloseCode.TokenExpired, "token_expired"],
  [CloseCode.StateInvalidated, "state_invalidated"],
  [CloseCode.BadCredential, "credential_refused"],
  [CloseCode.Forbidden, "forbidden"],
  [CloseCode.NoSuchSession, "no_such_session"],
]);

/** Words for a close code; what to do is `verdictOf`'s business. */
export function whyOf(code: number, reason: string): Why {
  return { code, reason, key: KEYS.get(code) ?? (verdictOf(code) === "never" ? "never_again" : "lost") };
}

/** A credential that held and is refused now was ended: by a logout, here or elsewhere, or by an administrator. */
export function signedOut(why: Why): Why {
  return why.key === "credential_refused" ? { ...why, key: "signed_out" } : why;
}

/** What the wait before the next attempt depends on. */
export interface WaitInput {
  readonly verdict: Exclude<Verdict, "never">;
  /** Attempts that have failed since the last good connection. */
  readonly failures: number;
  /** The server's `reconnect_after_ms`, if it gave one. */
  readonly hint: number | undefined;
}

/** Milliseconds until the next attempt (CN6, CN7): the server's hint, a short jitter, or full jitter under a growing ceiling. */
export function waitBefore(input: WaitInput, settings: Settings, random: () => number): number {
  if (input.hint !== undefined) return Math.min(Math.max(input.hint, 0), settings.hintMaxMs);
  // "At once" holds for a connection that worked; a server that refuses every time gets the back-off.
  if (input.verdict === "soon" && input.failures === 0) return random() * settings.soonJitterMs;
  const ceiling = Math.min(
    settings.backoffMaxMs,
    settings.backoffFirstMs * 2 ** Math.min(input.failures, 30),
  );
  return Math.max(settings.backoffLeastMs, random() * ceiling);
}
