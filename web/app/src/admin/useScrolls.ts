import { type RefCallback, useCallback, useState } from "react";

/** Whether what is in a frame is wider than it: the frame's `ref`, and the answer as it is now. */
export function useScrolls(): [frame: RefCallback<HTMLElement>, scrolls: boolean] {
  const [scrolls, setScrolls] = useState(false);
  const frame = useCallback((element: HTMLElement | null) => {
    if (!element || typeof ResizeObserver === "undefined") return;
    const look = () => setScrolls(element.scrollWidth > element.clientWidth);
    const observer = new ResizeObserver(look);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return [frame, scrolls];
}
