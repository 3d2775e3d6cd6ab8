/** The HTTP side, loaded when the first thing is asked of it: what most people never need is not part of the start. */
import type { AdminHttp, Http } from "./types.js";

const load = async (): Promise<Http> => (await import("./http.js")).liveHttp;

type Asked = (...values: unknown[]) => Promise<unknown>;

/** Every method of what `from` gives, as soon as it is there. */
function later<T extends object>(from: () => Promise<T>): T {
  return new Proxy({} as T, {
    get:
      (_, name) =>
      async (...values: unknown[]) =>
        (Reflect.get(await from(), name) as Asked)(...values),
  });
}

const admin: AdminHttp = later(async () => (await load()).admin);
const rest = later(load);

export const laterHttp: Http = new Proxy(rest, {
  get: (from, name) => (name === "admin" ? admin : Reflect.get(from, name)),
});

/** Where a session can be had as a file: what `exportUrl` of the SDK gives, for a link that is there at once. */
export function exportAddress(sessionId: string, format: "markdown" | "json"): string {
  return `/api/v1/sessions/${encodeURIComponent(sessionId)}/export?format=${format}`;
}
