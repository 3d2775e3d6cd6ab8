import { useWords } from "../i18n/index.js";
import { Icon } from "../ui/Icon.js";

/** The way back to the newest, and how much waits there. */
export function NewPill({ unseen, onPress }: { unseen: number; onPress: () => void }) {
  const t = useWords();
  const label = unseen > 0 ? t("conversation.pill.label", { count: unseen }) : t("conversation.bottom");
  return (
    <button type="button" className="pill" aria-label={label} title={label} onClick={onPress}>
      {unseen > 0 && t("conversation.pill", { count: unseen })}
      <Icon name="down" />
    </button>
  );
}
