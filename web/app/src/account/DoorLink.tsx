import type { MouseEvent, ReactNode } from "react";
import { goTo, type Page, pathOf } from "../shell/route.js";

/** From one door to another. */
export function DoorLink({ page, children }: { page: Page; children: ReactNode }) {
  const route = { sessionId: undefined, page };
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    goTo(route);
  };
  return (
    <a href={pathOf(route)} onClick={follow}>
      {children}
    </a>
  );
}
