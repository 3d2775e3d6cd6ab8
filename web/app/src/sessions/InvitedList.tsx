/** Sessions that one was asked into by name: go there, or not now. */
import { useWords } from "../i18n/index.js";
import { useActions, useInvited } from "../session/backend.js";
import { goTo } from "../shell/route.js";
import { Button, IconButton } from "../ui/Button.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTask } from "../ui/useTask.js";

export function InvitedList() {
  const t = useWords();
  const invited = useInvited();
  const { joinSession, dismissInvited } = useActions();
  const task = useTask();
  if (invited.length === 0) return null;
  return (
    <section className="invited" aria-label={t("invited.label")}>
      {invited.map((each) => (
        <div key={each.session_id} className="invited-one">
          <p>
            {t("invited.by", {
              name: each.by.display_name,
              title: each.title || t("session.untitled"),
            })}
          </p>
          <div className="invited-answers">
            <Button
              look="main"
              disabled={task.busy}
              onClick={() =>
                task.run(
                  () => joinSession(each.session_id),
                  (sessionId) => {
                    dismissInvited(each.session_id);
                    goTo({ sessionId });
                  },
                )
              }
            >
              {t("invited.join")}
            </Button>
            <IconButton
              icon="close"
              size="small"
              label={t("invited.dismiss")}
              onClick={() => dismissInvited(each.session_id)}
            />
          </div>
        </div>
      ))}
      <TroubleLine trouble={task.trouble} />
    </section>
  );
}
