/** The panel at the side: whether it is open, and how wide. Remembered in this browser. */
import { useSyncExternalStore } from "react";
import { read, write } from "../ui/storage.js";

/** Pixels. */
export const PANEL_MIN = 280;
export const PANEL_MAX = 560;
const WIDTH = 320;

const OPEN_KEY = "madang.panel";
const WIDTH_KEY = "madang.panel.width";

interface PanelState {
  open: boolean;
  width: number;
}

const fit = (width: number) => Math.round(Math.min(PANEL_MAX, Math.max(PANEL_MIN, width)));

let panel: PanelState = {
  open: read(OPEN_KEY) === "people",
  width: fit(Number(read(WIDTH_KEY)) || WIDTH),
};
const listeners = new Set<() => void>();

function change(to: Partial<PanelState>): void {
  panel = { ...panel, ...to };
  for (const listener of listeners) listener();
}

export function setPanelOpen(open: boolean): void {
  change({ open });
  write(OPEN_KEY, open ? "people" : undefined);
}

export function togglePanel(): void {
  setPanelOpen(!panel.open);
}

export function setPanelWidth(width: number): void {
  change({ width: fit(width) });
  write(WIDTH_KEY, String(panel.width));
}

export function usePanel(): PanelState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => panel,
  );
}
