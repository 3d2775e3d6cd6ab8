/**
 * A diagram, drawn inside a frame that has no origin: whatever its source can make Mermaid do, it does to an
 * empty page without network, storage or us (public/frames/mermaid.html).
 */
import { useEffect, useRef, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useIsDark } from "../theme/theme.js";

/** Pixels that a diagram may ask for. */
const HEIGHT_PX_MAX = 1600;
/** Milliseconds to wait for the frame; then the source is shown instead. */
const PATIENCE_MS = 20_000;

type State = { kind: "loading" } | { kind: "drawn"; height: number } | { kind: "failed"; why: string };

interface FrameMessage {
  madang?: unknown;
  ready?: unknown;
  height?: unknown;
  error?: unknown;
}

export function Mermaid({ source }: { source: string }) {
  const t = useWords();
  const dark = useIsDark();
  const frame = useRef<HTMLIFrameElement>(null);
  const [state, setState] = useState<State>({ kind: "loading" });
  const [ready, setReady] = useState(false);
  const waiting = state.kind === "loading";

  useEffect(() => {
    const listen = (event: MessageEvent<FrameMessage>) => {
      if (event.source !== frame.current?.contentWindow || event.data?.madang !== "mermaid") return;
      const { ready: isReady, height, error } = event.data;
      if (isReady === true) setReady(true);
      else if (typeof height === "number")
        setState({ kind: "drawn", height: Math.min(height, HEIGHT_PX_MAX) });
      else if (error !== undefined) setState({ kind: "failed", why: String(error) });
    };
    addEventListener("message", listen);
    return () => removeEventListener("message", listen);
  }, []);

  useEffect(() => {
    // The frame has no origin, so no other target than "*" can name it; it is sent nothing but the source.
    if (ready) frame.current?.contentWindow?.postMessage({ madang: "mermaid", source, dark }, "*");
  }, [ready, source, dark]);

  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setState({ kind: "failed", why: "" }), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [waiting]);

  if (state.kind === "failed") {
    return (
      <p className="md-diagram-note" role="note" title={state.why}>
        {t("diagram.failed")}
      </p>
    );
  }
  return (
    <div className="md-diagram">
      {waiting && <p className="md-diagram-note">{t("diagram.loading")}</p>}
      <iframe
        ref={frame}
        title={t("diagram.label")}
        sandbox="allow-scripts"
        src="/frames/mermaid.html"
        referrerPolicy="no-referrer"
        height={state.kind === "drawn" ? state.height : 1}
      />
    </div>
  );
}
