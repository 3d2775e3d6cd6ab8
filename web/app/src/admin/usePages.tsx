/** A list that comes page by page. */
import { useCallback, useEffect, useState } from "react";
import { useWords } from "../i18n/index.js";
import { tellTrouble } from "../shell/notices.js";
import { Button } from "../ui/Button.js";
import { type Loaded, useLoaded } from "../ui/useLoaded.js";

export interface Paged<T> {
  rows: readonly T[];
  next?: string | undefined;
}

type Load<T> = (cursor?: string) => Promise<Paged<T>>;

/** `load` is asked for the first page when it changes; `more` for the next ones. */
export function usePages<T>(load: Load<T>): [Loaded<Paged<T>>, reload: () => void, more: () => void] {
  const [first, reload] = useLoaded(useCallback(() => load(), [load]));
  const [later, setLater] = useState<Paged<T>>({ rows: [] });
  const begun = first.value;
  const [of, setOf] = useState(begun);

  useEffect(() => {
    setOf(begun);
    setLater({ rows: [] });
  }, [begun]);

  const whole: Loaded<Paged<T>> =
    first.state !== "here"
      ? first
      : of === begun && later.rows.length > 0
        ? { state: "here", value: { rows: [...first.value.rows, ...later.rows], next: later.next } }
        : first;
  const next = whole.value?.next;
  const more = useCallback(() => {
    if (next === undefined) return;
    load(next).then(
      (page) => setLater((now) => ({ rows: [...now.rows, ...page.rows], next: page.next })),
      tellTrouble,
    );
  }, [load, next]);
  return [whole, reload, more];
}

export function More({ next, onMore }: { next: string | undefined; onMore: () => void }) {
  const t = useWords();
  if (next === undefined) return null;
  return (
    <div>
      <Button onClick={onMore}>{t("search.more")}</Button>
    </div>
  );
}
