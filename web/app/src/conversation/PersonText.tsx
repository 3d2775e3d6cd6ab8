/** A person's words: Markdown as well, and folded when they pasted a book. */
import { useState } from "react";
import { useWords } from "../i18n/index.js";
import { MessageText } from "../markdown/MessageText.js";

/** Characters and lines beyond which a message is folded. */
const FOLD_CHARS = 2400;
const FOLD_LINES = 30;

export function PersonText({ text }: { text: string }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const long = text.length > FOLD_CHARS || text.split("\n").length > FOLD_LINES;
  return (
    <>
      <div className={long && !open ? "person-text person-folded" : "person-text"}>
        <MessageText source={breaks(text)} writing={false} />
      </div>
      {long && (
        <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "message.less" : "message.more")}
        </button>
      )}
    </>
  );
}

/** People end a line where they mean to: outside of code, a single break stays a break. */
function breaks(text: string): string {
  if (text.includes("```") || text.includes("~~~") || text.includes("|")) return text;
  return text.replace(/([^\n])\n(?=[^\n])/g, "$1  \n");
}
