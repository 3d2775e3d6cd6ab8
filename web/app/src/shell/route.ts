/** Where one is in the app, kept in the address: `/` starts a session, `/s/ID` shows one, and the pages around. */
import { useMemo, useSyncExternalStore } from "react";

/** Pages for those whom the server does not know yet; nothing there connects. */
export const DOORS = ["login", "sign-up", "bootstrap", "join"] as const;
export type Door = (typeof DOORS)[number];
export const isDoor = (page: string | undefined): page is Door => DOORS.some((door) => door === page);

export type Page = Door | "settings" | "admin";

export interface Route {
  sessionId: string | undefined;
  /** The message to show, by the part after `#`. */
  messageId?: string;
  page?: Page;
  /** Which part of a page. */
  part?: string;
}

const SESSION = /^\/s\/(ses_[A-Za-z0-9_-]{1,64})\/?$/;
const MESSAGE = /^#(msg_[A-Za-z0-9_-]{1,64})$/;
const PAGE = /^\/(login|sign-up|bootstrap|join|settings|admin)(?:\/([a-z-]{1,32}))?\/?$/;
const listeners = new Set<() => void>();
const visitors = new Set<() => void>();

export function routeOf(path: string, hash = ""): Route {
  const sessionId = SESSION.exec(path)?.[1];
  const messageId = sessionId && MESSAGE.exec(hash)?.[1];
  if (sessionId) return messageId ? { sessionId, messageId } : { sessionId };
  const found = PAGE.exec(path);
  if (!found) return { sessionId: undefined };
  const page = found[1] as Page;
  return found[2] ? { sessionId: undefined, page, part: found[2] } : { sessionId: undefined, page };
}

export function pathOf(route: Route): string {
  const { sessionId, messageId, page, part } = route;
  if (sessionId) return messageId ? `/s/${sessionId}#${messageId}` : `/s/${sessionId}`;
  if (!page) return "/";
  return part ? `/${page}/${part}` : `/${page}`;
}

export function goTo(route: Route, how: "push" | "replace" = "push"): void {
  const path = pathOf(route);
  // To a message one goes again and again, also from where one is.
  if (path !== location.pathname + location.hash || route.messageId) {
    if (how === "push") history.pushState(null, "", path);
    else history.replaceState(null, "", path);
    for (const listener of listeners) listener();
  }
  for (const visitor of visitors) visitor();
}

/** Takes the message out of the address once it is shown, so that the same one can be asked for again. */
export function forgetMessage(): void {
  if (!MESSAGE.test(location.hash)) return;
  history.replaceState(null, "", location.pathname);
  for (const listener of listeners) listener();
}

/** Hears of every wish to go somewhere, also to where one is. */
export function onVisit(visitor: () => void): () => void {
  visitors.add(visitor);
  return () => visitors.delete(visitor);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("popstate", listener);
  };
}

export function useRoute(): Route {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => routeOf(path, hash), [path, hash]);
}
