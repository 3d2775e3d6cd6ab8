/** The system's notifications: asked for by a press in the settings, and shown while nobody looks. */
import { useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";
import { goTo } from "./route.js";

const KEY = "madang.notify";
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

export function useNotifyState(): NotifyState {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, notifyState);
}

interface Told {
  title: string;
  text: string;
  sessionId: string;
  messageId: string;
}

/** Shows it when nobody looks at this page; a press leads to the message. */
export function tellSystem({ title, text, sessionId, messageId }: Told): void {
  if (document.visibilityState === "visible" || notifyState() !== "on") return;
  try {
    const note = new Notification(title, {
      body: text.slice(0, TEXT_CHARS),
      tag: messageId,
      icon: "/icon.svg",
    });
    note.onclick = () => {
      window.focus();
      goTo({ sessionId, messageId });
      note.close();
    };
  } catch {
    // Some systems allow them from a worker alone: the title's number has to do.
  }
}
