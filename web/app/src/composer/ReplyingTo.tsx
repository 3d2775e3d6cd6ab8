import type { Message } from "@madang/protocol";
import { quoteOf } from "../conversation/Quote.js";
import { useWords } from "../i18n/index.js";
import { IconButton } from "../ui/Button.js";
import { Icon } from "../ui/Icon.js";

/** What one is answering, above what one writes, until it is sent or left. */
export function ReplyingTo({ message, onLeave }: { message: Message; onLeave: () => void }) {
  const t = useWords();
  return (
    <div className="replying">
      <Icon name="reply" />
      <p>
        {t("composer.replying", { name: message.author.display_name })} <span>{quoteOf(message)}</span>
      </p>
      <IconButton icon="close" size="small" label={t("composer.replying.leave")} onClick={onLeave} />
    </div>
  );
}
