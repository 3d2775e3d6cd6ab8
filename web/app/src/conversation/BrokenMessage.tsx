import { useState } from "react";
import { useWords } from "../i18n/index.js";
import { Button } from "../ui/Button.js";

/** What stands for a message that could not be drawn: its letters are still there. */
export function BrokenMessage({ text }: { text: string }) {
  const t = useWords();
  const [shown, setShown] = useState(false);
  return (
    <div className="measure broken" role="note">
      <p>{t("conversation.broken")}</p>
      {shown ? (
        <p className="plain-text">{text}</p>
      ) : (
        <Button onClick={() => setShown(true)}>{t("conversation.broken.source")}</Button>
      )}
    </div>
  );
}
