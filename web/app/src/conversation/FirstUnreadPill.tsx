import { useEffect, useState } from "react";
import { useWords } from "../i18n/index.js";
import { IconButton } from "../ui/Button.js";
import { Icon } from "../ui/Icon.js";
import type { Row } from "./rows.js";
import type { Unread } from "./useUnread.js";

interface FirstUnreadPillProps {
  unread: Unread | undefined;
  rows: readonly Row[];
  firstVisible: number;
  onPress: (messageId: string) => void;
}

/** The way up to the first that is new, as long as one has not been there. */
export function FirstUnreadPill({ unread, rows, firstVisible, onPress }: FirstUnreadPillProps) {
  const t = useWords();
  const [done, setDone] = useState(false);
  const line = rows.findIndex((row) => row.kind === "new");
  const passed = line >= 0 && firstVisible <= line;

  useEffect(() => {
    if (passed) setDone(true);
  }, [passed]);

  if (!unread || done || passed) return null;
  const label = t("conversation.first", { count: unread.count });
  return (
    <div className="pill-top">
      <button type="button" onClick={() => onPress(unread.readTo)}>
        <Icon name="up" />
        {label}
      </button>
      <IconButton
        icon="close"
        size="small"
        label={t("conversation.first.close")}
        onClick={() => setDone(true)}
      />
    </div>
  );
}
