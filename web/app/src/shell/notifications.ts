/** The system's notifications: asked for by a press in the settings, and shown while nobody looks. */
import { useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";
import { goTo } from "./route.js";

const KEY = "madang.notify";
const CONTENT_KEY = "madang.notify.content";
/** Characters of a notification's text; systems cut it anyway. */
const TEXT_CHARS = 160;

export type NotifyState = "unsupported" | "off" | "on" | "denied";

const listeners = new Set<() => void>();
const tell = () => {
  for (const listener of listeners) listener();
};

export function notifyState(): NotifyState {
  if (typeof Notification === "undefined") return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return read(KEY) === "on" && Notification.permission === "granted" ? "on" : "off";
}

/** To be called from a press: browsers ask only then. */
export async function switchNotifications(on: boolean): Promise<void> {
  if (on && typeof Notification !== "undefined" && Notification.permission === "default") {
    await Notification.requestPermission();
  }
  write(KEY, on ? "on" : undefined);
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useNotifyState(): NotifyState {
  return useSyncExternalStore(subscribe, notifyState);
}

/** Whether a notification says who, where and what, or only that something came. */
export const showsContent = (): boolean => read(CONTENT_KEY) !== "off";

export function showContent(on: boolean): void {
  write(CONTENT_KEY, on ? undefined : "off");
  tell();
}

export function useShowsContent(): boolean {
  return useSyncExternalStore(subscribe, showsContent);
}

/** The lock that a page holds while it is seen, so that its other tabs keep still. */
const SEEN = "madang.seen";

/** Holds the lock whenever this page is seen; gives what ends that. */
export function tellTabs(): () => void {
  let release: (() => void) | undefined;
  const look = () => {
    if (document.visibilityState !== "visible") {
      release?.();
      release = undefined;
    } else if (!release && navigator.locks) {
      // Made before the lock is there: a page hidden meanwhile holds it for no time.
      const hidden = new Promise<void>((resolve) => {
        release = resolve;
      });
      navigator.locks.request(SEEN, { mode: "shared" }, () => hidden).catch(() => undefined);
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    release?.();
  };
}

/** Whether somebody looks at the app, in this tab or another of this browser. */
export async function isSeen(): Promise<boolean> {
  if (document.visibilityState === "visible") return true;
  const locks = await navigator.locks?.query().catch(() => undefined);
  return locks?.held?.some(({ name }) => name === SEEN) ?? false;
}

interface Told {
  title: string;
  text: string;
  sessionId: string;
  /** Where a press leads: to the session, or to the list, where an invitation waits. */
  to?: "list";
}

/** Shows it; a press leads there. A newer one of the same session takes the place of an older. */
export function tellSystem({ title, text, sessionId, to }: Told): void {
  if (notifyState() !== "on") return;
  try {
    const note = new Notification(title, {
      body: text.slice(0, TEXT_CHARS),
      tag: sessionId,
      icon: "/icon.svg",
    });
    note.onclick = () => {
      window.focus();
      goTo({ sessionId: to === "list" ? undefined : sessionId });
      note.close();
    };
  } catch {
    // Some systems allow them from a worker alone: the title's number has to do.
  }
}
