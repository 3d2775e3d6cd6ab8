/**
 * Linking an identity elsewhere leads out of this page and back: which provider it was, and how it ended. Kept in this
 * tab alone, so that no address that somebody made up can say that something was linked.
 */

const BEGUN = "madang.link";
const FAILED = "madang.link.failed";

function take(key: string): string | undefined {
  try {
    const kept = sessionStorage.getItem(key) ?? undefined;
    sessionStorage.removeItem(key);
    return kept;
  } catch {
    return undefined;
  }
}

function keep(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // Refused storage: how it ended is not told then.
  }
}

/** Before the browser goes to the provider. */
export function beginLink(providerId: string): void {
  take(FAILED);
  keep(BEGUN, providerId);
}

/** A return to the login page with an error: whether it ends a link, and belongs into the settings. */
export function failLink(code: string): boolean {
  if (take(BEGUN) === undefined) return false;
  keep(FAILED, code);
  return true;
}

/** How the link ended that was begun in this tab, told once. */
export interface LinkEnd {
  /** The provider that is linked now. */
  linked?: string | undefined;
  /** The code of what went wrong. */
  failed?: string | undefined;
}

export function takeLinkEnd(search: string): LinkEnd {
  const failed = take(FAILED);
  if (failed !== undefined) return { failed };
  const begun = take(BEGUN);
  const linked = new URLSearchParams(search).get("linked") ?? undefined;
  return begun !== undefined && begun === linked ? { linked } : {};
}
