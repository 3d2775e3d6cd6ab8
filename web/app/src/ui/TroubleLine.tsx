import { useWords } from "../i18n/index.js";
import { sentenceOf } from "../session/trouble.js";
import type { Trouble } from "../session/types.js";
import { Button } from "./Button.js";

interface TroubleLineProps {
  trouble: Trouble | undefined;
  /** A sentence that says more than the code's own. */
  words?: string | undefined;
  onRetry?: (() => void) | undefined;
}

/** What failed, where it failed, and a way to try again. */
export function TroubleLine({ trouble, words, onRetry }: TroubleLineProps) {
  const t = useWords();
  if (!trouble) return null;
  return (
    <div className="trouble" role="alert">
      <p>
        {words ?? sentenceOf(trouble, t)}
        <span className="notice-code">{t("error.code", { code: trouble.code })}</span>
      </p>
      {onRetry && <Button onClick={onRetry}>{t("rail.retry")}</Button>}
    </div>
  );
}
