/** What happened while one was away, in Claude's words, above the conversation. */
import { useWords } from "../i18n/index.js";
import { MessageText } from "../markdown/MessageText.js";
import { request } from "../shell/bus.js";
import { Button, IconButton } from "../ui/Button.js";
import { ClaudeMark } from "../ui/Icon.js";
import { TroubleLine } from "../ui/TroubleLine.js";
import { useTalk } from "./talk.js";
import type { CatchUp } from "./useCatchUp.js";

export function CatchUpCard({ catchUp, onClose }: { catchUp: CatchUp; onClose: () => void }) {
  const t = useWords();
  const { jumpTo } = useTalk();
  if (catchUp.state === "none") return null;
  return (
    <section className="catchup" aria-label={t("catchup.title")}>
      <header className="catchup-head">
        <ClaudeMark />
        <h2>{t("catchup.title")}</h2>
        {catchUp.state === "here" && catchUp.summary.simulated && (
          <span className="person-to">{t("simulated.mark")}</span>
        )}
        <IconButton icon="close" size="small" label={t("catchup.close")} onClick={onClose} />
      </header>
      <div className="catchup-body" role="status">
        {catchUp.state === "asked" && <p className="silence">{t("catchup.reading")}</p>}
        {catchUp.state === "failed" && (
          <TroubleLine trouble={catchUp.trouble} onRetry={() => request("catchUp", undefined)} />
        )}
        {catchUp.state === "here" && (
          <>
            <MessageText source={catchUp.summary.content} writing={false} />
            <Button look="quiet" onClick={() => jumpTo(catchUp.summary.from)}>
              {t("catchup.first")}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
