/** One line of the message that another one answers; a press goes there. */
import type { Message } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { Icon } from "../ui/Icon.js";
import { plainWords } from "./announcement.js";
import { useTalk } from "./talk.js";

/** Characters of the line; the rest would not fit anyway. */
const QUOTE_CHARS = 140;

export function quoteOf(message: Message): string {
  return plainWords(message.content.slice(0, QUOTE_CHARS * 3)).slice(0, QUOTE_CHARS);
}

interface QuoteProps {
  messageId: string;
  /** Unknown where it is further up than what is loaded. */
  message: Message | undefined;
}

export function Quote({ messageId, message }: QuoteProps) {
  const t = useWords();
  const { jumpTo } = useTalk();
  const words =
    message === undefined
      ? t("quote.earlier")
      : message.deleted_at !== undefined
        ? t("quote.deleted")
        : quoteOf(message);
  return (
    <button type="button" className="quote" title={t("quote.jump")} onClick={() => jumpTo(messageId)}>
      <Icon name="reply" />
      <span className="unseen">{t("quote.label")}</span>
      {message && <span className="quote-name">{message.author.display_name}</span>}
      <span className="quote-words">{words}</span>
    </button>
  );
}
