/** J and K: the focus goes from message to message. */
import type { Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback } from "react";
import type { Row } from "./rows.js";

/** Frames to wait for a message that has to be drawn first. */
const FRAMES_MAX = 20;

function indexOfFocus(scroller: HTMLElement | null): number | undefined {
  const place = document.activeElement?.closest<HTMLElement>(".row-place");
  if (!place || !scroller?.contains(place)) return undefined;
  return Number(place.dataset["index"]);
}

export function nextMessage(rows: readonly Row[], from: number, step: 1 | -1): number | undefined {
  for (let at = from + step; at >= 0 && at < rows.length; at += step) {
    if (rows[at]?.kind === "message") return at;
  }
  return undefined;
}

export function useSteps(
  rows: readonly Row[],
  virtualizer: Virtualizer<HTMLDivElement, HTMLElement>,
  scroller: RefObject<HTMLDivElement | null>,
): (step: 1 | -1) => void {
  return useCallback(
    (step) => {
      // Without a focus in the list, K begins at its end and J at what is at the top of the window.
      const visible = virtualizer.getVirtualItemForOffset(virtualizer.scrollOffset ?? 0)?.index ?? 0;
      const from = indexOfFocus(scroller.current) ?? (step < 0 ? rows.length : visible);
      const to = nextMessage(rows, from, step);
      if (to === undefined) return;
      virtualizer.scrollToIndex(to, { align: "auto" });
      const focus = (left: number) => {
        const message = scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"] [data-message]`);
        if (message) message.focus({ preventScroll: true });
        else if (left > 0) requestAnimationFrame(() => focus(left - 1));
      };
      focus(FRAMES_MAX);
    },
    [rows, virtualizer, scroller],
  );
}
