/** Leads someone whom the server does not know to the door, and back to where they wanted to be. */
import { useEffect } from "react";
import { adoptLanguage } from "../i18n/index.js";
import { useHere, useHttp } from "../session/backend.js";
import { goTo } from "../shell/route.js";
import { rememberWay } from "./way.js";

/** Milliseconds that a connection may take before it is asked who one is. */
const PATIENCE_MS = 400;

export function useGate(): void {
  const { connection, me } = useHere();
  const language = me?.language;
  useEffect(() => adoptLanguage(language), [language]);
  const http = useHttp();
  const refused = connection.kind === "closed" && connection.why === "credential";
  const waiting = me === undefined && connection.kind === "connecting";

  useEffect(() => {
    if (!refused && !waiting) return;
    let current = true;
    const ask = async () => {
      const [account, site] = await Promise.all([http.me(), http.site()]);
      if (!current || account !== null || (site.guests && !refused)) return;
      rememberWay(location.pathname + location.hash);
      goTo({ sessionId: undefined, page: "login" }, "replace");
    };
    // Where nobody answers, the connection's own line says so.
    const timer = setTimeout(() => void ask().catch(() => undefined), refused ? 0 : PATIENCE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [refused, waiting, http]);
}
