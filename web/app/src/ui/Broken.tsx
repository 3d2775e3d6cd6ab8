import { useWords } from "../i18n/index.js";
import { Button } from "./Button.js";

/** What stands where something broke. */
export function Broken() {
  const t = useWords();
  return (
    <div className="page-note" role="alert">
      <h1>{t("app.failed.title")}</h1>
      <p>{t("app.failed.text")}</p>
      <Button onClick={() => location.reload()}>{t("app.failed.reload")}</Button>
    </div>
  );
}
