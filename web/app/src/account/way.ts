/** Where one wanted to go before one was asked who one is. Kept in this tab alone. */

const KEY = "madang.way";
const CODE_KEY = "madang.code";
/** A path of this server; never another host, whatever is kept. */
const PATH = /^\/(?!\/)[^\\\s]*$/;

export function rememberWay(path: string): void {
  try {
    if (path !== "/" && PATH.test(path)) sessionStorage.setItem(KEY, path);
  } catch {
    // Refused storage: one starts at the beginning then.
  }
}

/** The path remembered, without forgetting it. */
export function wayOf(): string {
  try {
    const kept = sessionStorage.getItem(KEY) ?? "/";
    return PATH.test(kept) ? kept : "/";
  } catch {
    return "/";
  }
}

export function forgetWay(): void {
  try {
    sessionStorage.removeItem(KEY);
    sessionStorage.removeItem(CODE_KEY);
  } catch {
    // As above.
  }
}

/** Keeps the code of a link that lets one sign up, for the page on which one does. */
export function rememberCode(code: string): void {
  try {
    sessionStorage.setItem(CODE_KEY, code);
  } catch {
    // As above.
  }
}

/** The code that lets one sign up, where one came by such a link. */
export function signUpCodeKept(): string {
  try {
    return sessionStorage.getItem(CODE_KEY) ?? "";
  } catch {
    return "";
  }
}

/** Goes on, with a page loaded anew: nothing of whoever was here before stays in memory. */
export function goOn(): void {
  const path = wayOf();
  forgetWay();
  // With the same path and another fragment a browser would not load anything.
  history.replaceState(null, "", path);
  location.reload();
}
