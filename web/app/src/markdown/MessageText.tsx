/** A message's text: plain at once, Markdown as soon as that part of the app is here. */
import { lazy, Suspense } from "react";

const load = () => import("./Markdown.js");
const Markdown = lazy(load);

/** Called at the start, so that the part is on its way while the session is. */
export function prepareMarkdown(): void {
  void load().catch(() => undefined);
}

export function MessageText({ source, writing }: { source: string; writing: boolean }) {
  return (
    <Suspense fallback={<p className="plain-text">{source}</p>}>
      <Markdown source={source} writing={writing} />
    </Suspense>
  );
}
