/** Asks people in: by name, or by a link that is shown this once. */
import type { Role } from "@madang/protocol";
import { type FormEvent, useState } from "react";
import { useWords } from "../i18n/index.js";
import { useActions, useHere } from "../session/backend.js";
import { mayOf } from "../session/may.js";
import type { SessionView } from "../session/types.js";
import { Button, IconButton } from "../ui/Button.js";
import { Dialog } from "../ui/Dialog.js";
import { Choice, Field } from "../ui/Field.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";
import { InviteLinks } from "./InviteLinks.js";
import "../ui/forms.css";
import "./people.css";

interface InviteDialogProps {
  sessionId: string;
  session: SessionView;
  onClose: () => void;
}

export default function InviteDialog({ sessionId, session, onClose }: InviteDialogProps) {
  const t = useWords();
  const { me } = useHere();
  const owner = session.participants.find((each) => each.role === "owner");
  const allowed = mayOf(session, me?.userId).invite;
  return (
    <Dialog label={t("invite.title")} className="invite" onClose={onClose}>
      <div className="dialog-head">
        <h2>{t("invite.title")}</h2>
        <IconButton icon="close" size="small" label={t("keys.close")} onClick={onClose} />
      </div>
      {allowed ? (
        <div className="dialog-form">
          <InviteByName sessionId={sessionId} session={session} />
          <hr className="menu-line" />
          <InviteLinks sessionId={sessionId} />
        </div>
      ) : (
        <p className="dialog-form note">
          {t("people.invite.who", { name: owner?.display_name ?? t("role.owner") })}
        </p>
      )}
    </Dialog>
  );
}

/** The roles that one can give: none above one's own. */
export function useRoleOptions(): readonly (readonly [Role, string])[] {
  const t = useWords();
  return [
    ["collaborator", t("role.collaborator")],
    ["viewer", t("role.viewer")],
  ];
}

function InviteByName({ sessionId, session }: { sessionId: string; session: SessionView }) {
  const t = useWords();
  const { me } = useHere();
  const { inviteUser } = useActions();
  const roles = useRoleOptions();
  const task = useTask();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("collaborator");
  const [asked, setAsked] = useState("");
  const who = name.trim();
  const there = session.participants.some(
    (each) => each.user_id !== me?.userId && each.user_id.toLowerCase() === who.toLowerCase(),
  );

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (who === "") return;
    setAsked("");
    task.run(
      () => inviteUser(sessionId, who, role),
      () => {
        setAsked(who);
        setName("");
      },
    );
  };
  const trouble =
    task.trouble?.code === "NOT_FOUND"
      ? t("invite.name.unknown", { name: who })
      : task.trouble?.code === "CONFLICT"
        ? t("invite.name.there", { name: who })
        : undefined;

  return (
    <form className="form" onSubmit={submit}>
      <div className="form-row">
        <Field
          label={t("invite.name")}
          autoComplete="off"
          spellCheck={false}
          maxLength={128}
          value={name}
          error={there ? t("invite.name.there", { name: who }) : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <Choice label={t("people.role")} value={role} options={roles} onChoose={setRole} />
        <Button look="main" type="submit" disabled={who === "" || there || task.busy}>
          {t("invite.name.send")}
        </Button>
      </div>
      <TroubleLine trouble={task.trouble} words={trouble} />
      <p className="field-note" role="status">
        {asked && t("invite.name.sent", { name: asked })}
      </p>
    </form>
  );
}
