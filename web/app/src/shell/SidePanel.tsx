/** The frame of the panel at the side: its head, and an edge that can be dragged or moved by arrows. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef } from "react";
import { useWords } from "../i18n/index.js";
import { IconButton } from "../ui/Button.js";
import { PANEL_MAX, PANEL_MIN, setPanelOpen, setPanelWidth, usePanel } from "./panel.js";

/** Pixels that one press of an arrow moves the edge. */
const STEP = 16;

interface SidePanelProps {
  title: string;
  /** Over the conversation instead of beside it. */
  over: boolean;
  children: ReactNode;
}

export function SidePanel({ title, over, children }: SidePanelProps) {
  const t = useWords();
  const frame = useRef<HTMLElement>(null);

  useEffect(() => {
    // What covers the conversation takes the focus with it; what stands beside it does not.
    if (!over) return;
    const before = document.activeElement;
    const panel = frame.current;
    panel?.focus();
    return () => {
      // And gives it back, unless it went elsewhere meanwhile.
      const left = document.activeElement;
      const lost = left === null || left === document.body || panel?.contains(left);
      if (lost && before instanceof HTMLElement) before.focus();
    };
  }, [over]);

  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented || !over) return;
    event.preventDefault();
    setPanelOpen(false);
  };
  return (
    <aside
      ref={frame}
      className={over ? "panel panel-over" : "panel"}
      aria-label={title}
      tabIndex={-1}
      onKeyDown={pressed}
    >
      <PanelEdge />
      <header className="panel-head">
        <h2>{title}</h2>
        <IconButton icon="close" size="small" label={t("panel.close")} onClick={() => setPanelOpen(false)} />
      </header>
      {children}
    </aside>
  );
}

function PanelEdge() {
  const t = useWords();
  const { width } = usePanel();
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setPanelWidth(innerWidth - event.clientX);
  };
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    setPanelWidth(width + step);
  };
  return (
    <div
      className="panel-edge"
      role="separator"
      aria-orientation="vertical"
      aria-label={t("panel.resize")}
      aria-valuenow={width}
      aria-valuemin={PANEL_MIN}
      aria-valuemax={PANEL_MAX}
      tabIndex={0}
      onPointerDown={drag}
      onPointerMove={drag}
      onKeyDown={pressed}
    />
  );
}
