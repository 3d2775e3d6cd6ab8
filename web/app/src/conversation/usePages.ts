/** Turns the pages of the conversation from elsewhere, the composer for one. */
import { type RefObject, useEffect } from "react";
import { onRequest } from "../shell/bus.js";

/** Of the height: a line or two stay, so that the eye finds its place again. */
const PAGE_SHARE = 0.9;

export function usePages(scroller: RefObject<HTMLDivElement | null>): void {
  useEffect(
    () =>
      onRequest("page", (by) => {
        const view = scroller.current;
        view?.scrollBy({ top: by * view.clientHeight * PAGE_SHARE });
      }),
    [scroller],
  );
}
