import { useWords } from "../i18n/index.js";
import { sentenceOf } from "../session/trouble.js";
import { Button, IconButton } from "../ui/Button.js";
import { dismiss, type Notice, useNotices } from "./notices.js";

/** The notices, also for ears. The region is always there: one that appears with its words isn't announced. */
export function Notices() {
  const notices = useNotices();
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeLine({ notice }: { notice: Notice }) {
  const t = useWords();
  if (notice.kind === "undo") {
    const undo = () => {
      notice.undo();
      dismiss(notice.id);
    };
    return (
      <div className="notice">
        <p>{notice.text}</p>
        <Button look="quiet" onClick={undo}>
          {t("session.undo")}
        </Button>
      </div>
    );
  }
  if (notice.kind === "words") {
    return (
      <div className="notice">
        <p>{t(notice.key)}</p>
        <IconButton icon="close" size="small" label={t("error.dismiss")} onClick={() => dismiss(notice.id)} />
      </div>
    );
  }
  return (
    <div className="notice notice-trouble">
      <div>
        <p>{sentenceOf(notice.trouble, t)}</p>
        <p className="notice-code">{t("error.code", { code: notice.trouble.code })}</p>
      </div>
      <IconButton icon="close" size="small" label={t("error.dismiss")} onClick={() => dismiss(notice.id)} />
    </div>
  );
}
