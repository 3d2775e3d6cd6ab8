/** The way out; an owner passes the session on before. */
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { goTo } from "../shell/route.js";
import { Sure } from "../ui/Sure.js";

interface LeaveProps {
  sessionId: string;
  owner: boolean;
  alone: boolean;
}

export function Leave({ sessionId, owner, alone }: LeaveProps) {
  const t = useWords();
  const { leaveSession } = useActions();
  if (owner) return alone ? null : <p className="note">{t("people.leave.owner")}</p>;
  const leave = () => leaveSession(sessionId).then(() => goTo({ sessionId: undefined }), tellTrouble);
  return (
    <Sure
      label={t("people.leave")}
      question={t("people.leave.sure")}
      yes={t("people.leave.yes")}
      onYes={leave}
    />
  );
}
