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

export interface Following {
  virtualizer: Virtualizer<HTMLDivElement, HTMLElement>;
  atEnd: boolean;
  goToEnd: () => void;
}

export function useFollowing(
  rows: readonly Row[],
  scroller: RefObject<HTMLDivElement | null>,
  onNearStart: () => void,
): Following {
  const [atEnd, setAtEnd] = useState(true);
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
      setAtEnd(instance.isAtEnd(END_PX));
      if ((instance.scrollOffset ?? 0) < OLDER_PX && instance.scrollDirection === "backward")
        nearStart.current();
    },
  });

  useLayoutEffect(() => virtualizer.scrollToEnd(), [virtualizer]);
  const goToEnd = useCallback(() => virtualizer.scrollToEnd(), [virtualizer]);
  return { virtualizer, atEnd, goToEnd };
}
