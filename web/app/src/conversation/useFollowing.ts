/**
 * The list that follows its end while one reads there and stays where it is otherwise. The virtualizer keeps
 * both (`anchorTo: "end"`); here is what the app adds: whether one is at the end, and ways to go there.
 */
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import { estimateRow, type Row } from "./rows.js";

/** Pixels from the end that count as the end. */
const END_PX = 56;
/** Pixels from the beginning at which older messages are asked for. */
const OLDER_PX = 900;
const OVERSCAN_ROWS = 6;

/** Whether the list goes on following: always at the end, never for one who scrolled up from it. */
export function staysStuck(stuck: boolean, atEnd: boolean, goesUp: boolean): boolean {
  return atEnd || (stuck && !goesUp);
}

export interface Following {
  virtualizer: Virtualizer<HTMLDivElement, HTMLElement>;
  atEnd: boolean;
  goToEnd: () => void;
  /** Goes to a row, and stays there. */
  goToRow: (index: number) => void;
  /** The first row that is to be seen. */
  firstVisible: number;
}

export function useFollowing(
  rows: readonly Row[],
  scroller: RefObject<HTMLDivElement | null>,
  onNearStart: () => void,
): Following {
  const [atEnd, setAtEnd] = useState(true);
  // Until one scrolls away by hand; being late to measure is no reason to stay behind.
  const stuck = useRef(true);
  const nearStart = useRef(onNearStart);
  nearStart.current = onNearStart;

  const virtualizer = useVirtualizer<HTMLDivElement, HTMLElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimateRow(rows[index], scroller.current?.clientWidth ?? 680),
    getItemKey: (index) => rows[index]?.key ?? index,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: END_PX,
    overscan: OVERSCAN_ROWS,
    paddingEnd: 24,
    onChange: (instance) => {
      const end = instance.isAtEnd(END_PX);
      stuck.current = staysStuck(
        stuck.current,
        end,
        instance.isScrolling && instance.scrollDirection === "backward",
      );
      setAtEnd(end);
      if ((instance.scrollOffset ?? 0) < OLDER_PX && instance.scrollDirection === "backward")
        nearStart.current();
    },
  });

  const size = virtualizer.getTotalSize();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what grew is what matters.
  useLayoutEffect(() => {
    if (stuck.current) virtualizer.scrollToEnd();
  }, [virtualizer, rows.length, size]);
  // A card above or a line below takes height: who reads at the end stays there.
  useLayoutEffect(() => {
    const view = scroller.current;
    if (!view || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      if (stuck.current) virtualizer.scrollToEnd();
    });
    observer.observe(view);
    return () => observer.disconnect();
  }, [scroller, virtualizer]);
  const goToEnd = useCallback(() => {
    stuck.current = true;
    virtualizer.scrollToEnd();
  }, [virtualizer]);
  const goToRow = useCallback(
    (index: number) => {
      stuck.current = false;
      virtualizer.scrollToIndex(index, { align: "center" });
    },
    [virtualizer],
  );
  const firstVisible = virtualizer.getVirtualItemForOffset(virtualizer.scrollOffset ?? 0)?.index ?? 0;
  return { virtualizer, atEnd, goToEnd, goToRow, firstVisible };
}
