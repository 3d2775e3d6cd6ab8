/** What an owner can do with one person: another role, rights on top, the session itself, or out. */
import type { Participant, Right, Role } from "@madang/protocol";
import { useWords } from "../i18n/index.js";
import { useActions } from "../session/backend.js";
import { GRANTABLE } from "../session/may.js";
import { tellTrouble } from "../shell/notices.js";
import { Icon } from "../ui/Icon.js";
import { Sure } from "../ui/Sure.js";

const ROLES = ["collaborator", "viewer"] as const;

interface PersonMenuProps {
  sessionId: string;
  participant: Participant;
  onClose: () => void;
}

export function PersonMenu({ sessionId, participant, onClose }: PersonMenuProps) {
  const t = useWords();
  const { setRole, transferOwnership, removeUser } = useActions();
  const { user_id: userId, display_name: name, role, rights = [] } = participant;
  const change = (to: Role, granted: readonly Right[]) =>
    setRole(sessionId, userId, { role: to, rights: granted }).catch(tellTrouble);
  const toggle = (right: Right) =>
    change(role, rights.includes(right) ? rights.filter((each) => each !== right) : [...rights, right]);
  return (
    <div className="person-menu">
      <p className="menu-title">{t("people.role")}</p>
      {ROLES.map((each) => (
        <button
          key={each}
          type="button"
          className="menu-item"
          aria-pressed={each === role}
          onClick={() =>
            change(
              each,
              rights.filter((right) => GRANTABLE[each].includes(right)),
            )
          }
        >
          <span className="menu-check">{each === role && <Icon name="check" />}</span>
          <span className="model-line">
            <span>{t(`role.${each}`)}</span>
            <span className="model-note">{t(`role.${each}.note`)}</span>
          </span>
        </button>
      ))}
      {GRANTABLE[role].length > 0 && (
        <>
          <hr className="menu-line" />
          <p className="menu-title">{t("people.rights")}</p>
          {GRANTABLE[role].map((right) => (
            <button
              key={right}
              type="button"
              className="menu-item"
              aria-pressed={rights.includes(right)}
              onClick={() => toggle(right)}
            >
              <span className="menu-check">{rights.includes(right) && <Icon name="check" />}</span>
              {t(`right.${right}.may`)}
            </button>
          ))}
        </>
      )}
      <hr className="menu-line" />
      <div className="person-sure">
        <Sure
          look="plain"
          label={t("people.transfer")}
          question={t("people.transfer.sure", { name })}
          yes={t("people.transfer.yes")}
          onYes={() => {
            onClose();
            transferOwnership(sessionId, userId).catch(tellTrouble);
          }}
        />
        <Sure
          label={t("people.remove")}
          question={t("people.remove.sure", { name })}
          yes={t("people.remove.yes")}
          onYes={() => {
            onClose();
            removeUser(sessionId, userId).catch(tellTrouble);
          }}
        />
      </div>
    </div>
  );
}
