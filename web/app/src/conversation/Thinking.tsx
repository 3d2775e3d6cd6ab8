/** Thinking, folded to one line; what was thought is drawn when someone wants to see it. */
import type { Part } from "@madang/protocol";
import { useState } from "react";
import { duration } from "../i18n/format.js";
import { useWords } from "../i18n/index.js";
import { MessageText } from "../markdown/MessageText.js";
import { Icon } from "../ui/Icon.js";

export function Thinking({ part, writing }: { part: Part; writing: boolean }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const took = part.duration_ms === undefined ? undefined : duration(part.duration_ms, t);
  const line = writing
    ? t("reply.thinking")
    : took
      ? t("reply.thought", { duration: took })
      : t("reply.thought.plain");
  if (!part.content) return <p className="thinking-line">{line}</p>;
  return (
    <div className="thinking">
      <button type="button" className="thinking-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        {line}
        <Icon name="chevron" />
      </button>
      {open && (
        <div className="thinking-text">
          <MessageText source={part.content} writing={writing} />
        </div>
      )}
    </div>
  );
}
