import type { Clock, Surroundings } from "./types.js";

/** Milliseconds after which notifications go out although no frame was drawn: hidden pages draw none. */
const FRAME_FALLBACK_MS = 100;

function deferToFrame(run: () => void): void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    run();
  };
  const timer = setTimeout(once, FRAME_FALLBACK_MS);
  const frame = requestAnimationFrame(once);
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  defer: (run) => (typeof requestAnimationFrame === "function" ? deferToFrame(run) : queueMicrotask(run)),
};

/** The browser's own signs; in Node there are none, and the network counts as there. */
export const systemSurroundings: Surroundings = {
  online: () => typeof navigator === "undefined" || navigator.onLine !== false,
  watch(listener) {
    if (typeof globalThis.addEventListener !== "function") return () => {};
    const online = () => listener("online");
    const offline = () => listener("offline");
    const visible = () => {
      if (typeof document === "undefined" || document.visibilityState === "visible") listener("visible");
    };
    const page = typeof document === "undefined" ? undefined : document;
    globalThis.addEventListener("online", online);
    globalThis.addEventListener("offline", offline);
    globalThis.addEventListener("pageshow", visible);
    page?.addEventListener("visibilitychange", visible);
    return () => {
      globalThis.removeEventListener("online", online);
      globalThis.removeEventListener("offline", offline);
      globalThis.removeEventListener("pageshow", visible);
      page?.removeEventListener("visibilitychange", visible);
    };
  },
};

/** Makes a command id: random, so that two tabs never make the same. Works without a secure context, where `randomUUID` is missing. */
export function newCommandId(clock: Clock): string {
  const bytes = new Uint8Array(16);
  if (typeof crypto !== "undefined") crypto.getRandomValues(bytes);
  else for (let i = 0; i < bytes.length; i += 1) bytes[i] = Math.floor(clock.random() * 256);
  return `cmd_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
