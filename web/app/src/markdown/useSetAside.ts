/**
 * Lets the browser leave a finished piece of a long text undrawn while nobody looks at it, at exactly the height
 * that it was measured with: so a long reply costs what is seen of it, and nothing moves.
 */
import { type RefObject, useEffect, useRef } from "react";

/** Milliseconds in which a piece must have kept its size: colours and formulas arrive late. */
const SETTLED_MS = 500;

export function useSetAside(enabled: boolean): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const piece = element.current;
    if (!enabled || !piece || typeof ResizeObserver === "undefined") return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let width = 0;
    const observer = new ResizeObserver(([entry]) => {
      const size = entry?.borderBoxSize[0];
      if (!size || (piece.style.contentVisibility === "auto" && size.inlineSize === width)) return;
      // Of another width it has another height: drawn again, measured again.
      piece.style.contentVisibility = "";
      width = size.inlineSize;
      clearTimeout(timer);
      timer = setTimeout(() => {
        piece.style.containIntrinsicBlockSize = `auto ${size.blockSize}px`;
        piece.style.contentVisibility = "auto";
      }, SETTLED_MS);
    });
    observer.observe(piece);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
      piece.style.contentVisibility = "";
    };
  }, [enabled]);

  return element;
}
