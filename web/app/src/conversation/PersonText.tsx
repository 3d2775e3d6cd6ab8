/** A person's words: Markdown as well, folded when they pasted a book, with the people they name marked. */
import { useState } from "react";
import { useWords } from "../i18n/index.js";
import { MessageText } from "../markdown/MessageText.js";
import { NamesContext } from "../markdown/names.js";
import { useNames } from "./useNames.js";

/** Characters and lines beyond which a message is folded. */
const FOLD_CHARS = 2400;
const FOLD_LINES = 30;

interface PersonTextProps {
  text: string;
  mentions?: readonly string[] | undefined;
}

export function PersonText({ text, mentions }: PersonTextProps) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const names = useNames(text, mentions);
  const long = text.length > FOLD_CHARS || text.split("\n").length > FOLD_LINES;
  return (
    <>
      <div className={long && !open ? "person-text person-folded" : "person-text"}>
        <NamesContext value={names}>
          <MessageText source={breaks(text)} writing={false} />
        </NamesContext>
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
