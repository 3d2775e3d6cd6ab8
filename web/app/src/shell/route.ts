/** Where one is in the app, kept in the address: `/` starts a session, `/s/ID` shows one. */
import { useSyncExternalStore } from "react";

export interface Route {
  sessionId: string | undefined;
}

const SESSION = /^\/s\/(ses_[A-Za-z0-9_-]{1,64})\/?$/;
const listeners = new Set<() => void>();
const visitors = new Set<() => void>();

export function routeOf(path: string): Route {
  return { sessionId: SESSION.exec(path)?.[1] };
}

export function pathOf(route: Route): string {
  return route.sessionId ? `/s/${route.sessionId}` : "/";
}

export function goTo(route: Route, how: "push" | "replace" = "push"): void {
  const path = pathOf(route);
  if (path !== location.pathname) {
    if (how === "push") history.pushState(null, "", path);
    else history.replaceState(null, "", path);
    for (const listener of listeners) listener();
  }
  for (const visitor of visitors) visitor();
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
  return routeOf(path);
}
