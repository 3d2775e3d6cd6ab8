import type { ReactNode } from "react";
import { useWords } from "../i18n/index.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import type { Loaded } from "../ui/useLoaded.js";

interface StateProps<T> {
  loaded: Loaded<T>;
  onRetry: () => void;
  children: (value: T) => ReactNode;
}

/** What was asked for, or that it is on its way, or why it isn't here. */
export function State<T>({ loaded, onRetry, children }: StateProps<T>) {
  const t = useWords();
  if (loaded.state === "failed") return <TroubleLine trouble={loaded.trouble} onRetry={onRetry} />;
  if (loaded.state === "loading") {
    return (
      <div role="status" aria-label={t("door.loading")} className="admin-skeletons">
        <div className="skeleton page-skeleton" />
        <div className="skeleton page-skeleton" />
        <div className="skeleton page-skeleton" />
      </div>
    );
  }
  return children(loaded.value);
}
