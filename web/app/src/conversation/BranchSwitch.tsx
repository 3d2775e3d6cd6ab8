/** ‹ 2/3 ›: which of its siblings is shown, to everyone. */
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { IconButton } from "../ui/Button.js";

interface BranchSwitchProps {
  sessionId: string;
  messageId: string;
  siblings: readonly string[] | undefined;
}

export function BranchSwitch({ sessionId, messageId, siblings }: BranchSwitchProps) {
  const t = useWords();
  const { selectBranch } = useActions();
  if (!siblings || siblings.length < 2) return null;
  const at = siblings.indexOf(messageId);
  const go = (to: string | undefined) => {
    if (to) selectBranch(sessionId, to).catch(tellTrouble);
  };
  return (
    <div
      className="branch"
      role="group"
      aria-label={t("message.branch", { at: at + 1, of: siblings.length })}
    >
      <IconButton
        icon="left"
        size="small"
        label={t("message.branch.previous")}
        disabled={at <= 0}
        onClick={() => go(siblings[at - 1])}
      />
      <span aria-hidden="true">
        {at + 1}/{siblings.length}
      </span>
      <IconButton
        icon="right"
        size="small"
        label={t("message.branch.next")}
        disabled={at < 0 || at >= siblings.length - 1}
        onClick={() => go(siblings[at + 1])}
      />
    </div>
  );
}
