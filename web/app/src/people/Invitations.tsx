/** Who was asked in by name and has not come. */
import type { Invitation } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import { tellTrouble } from "../shell/notices.js";
import { IconButton } from "../ui/Button.js";
import { Face } from "../ui/Face.js";

interface InvitationsProps {
  sessionId: string;
  invitations: readonly Invitation[];
  /** Whether one may take back what one asked for oneself. */
  takeable: boolean;
  /** Whether one may take back what anyone asked for. */
  govern: boolean;
}

export function Invitations({ sessionId, invitations, takeable, govern }: InvitationsProps) {
  const t = useWords();
  const { me } = useHere();
  const { removeUser } = useActions();
  if (invitations.length === 0) return null;
  return (
    <section className="people-group">
      <h3>{t("people.group.invited", { count: invitations.length })}</h3>
      <ul>
        {invitations.map(({ user_id: userId, display_name: name, role, by }) => (
          <li key={userId} className="person-line">
            <Face name={name} color={undefined} away />
            <span className="person-words">
              <span className="person-line-name" title={name}>
                {name}
              </span>
              <span className="person-line-note">
                {t("people.invited", { role: t(`role.${role}`), name: by.display_name })}
              </span>
            </span>
            {(govern || (takeable && by.user_id === me?.userId)) && (
              <IconButton
                icon="close"
                size="small"
                label={t("people.withdraw", { name })}
                onClick={() => removeUser(sessionId, userId).catch(tellTrouble)}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
